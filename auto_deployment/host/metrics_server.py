"""What a loop tells Prometheus and probes: over HTTP, on a port of its own, by threads beside the loop."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from auto_deployment.errors import MarqueeError

Answer = tuple[int, str, bytes]  # status, content type, body

log = logging.getLogger(__name__)

PATIENCE_S = 30.0  # with a client that does not say what it wants
LOOK_S = 0.05  # how often the server looks whether it is to end; whoever ends waits for that


class BusyPortError(MarqueeError):
    """The port for metrics cannot be used."""


@contextmanager
def serving(
    address: tuple[str, int],
    setting: str,
    registry: CollectorRegistry,
    more: Callable[[str], Answer] | None = None,
) -> Iterator[int]:
    """Answer /metrics, other paths as `more` says; yield the port.

    Raises `BusyPortError`, which names the setting, when the port cannot be used.
    """

    def answer(path: str) -> Answer:
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
        return more(path) if more else (404, "text/plain", b"there is /metrics\n")

    try:
        server = _server(address, answer)
    except OSError as error:
        host, port = address
        raise BusyPortError(
            f"{host}:{port} cannot be used for metrics ({error.strerror}): set {setting}."
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_S,), name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or fell silent is no news; the rest is a fault of ours."""
        error = sys.exception()
        if isinstance(error, ConnectionError | TimeoutError):
            log.debug("%s went away before it had its answer (%s)", client_address[0], error)
        else:
            log.error("A question of %s met a fault", client_address[0], exc_info=error)


def _server(address: tuple[str, int], answer: Callable[[str], Answer]) -> _Server:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            status, content_type, body = answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a probe every few seconds is no news."""

    family, _, _, _, where = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]

    class Server(_Server):
        address_family = family

    return Server((str(where[0]), int(where[1])), Handler)
