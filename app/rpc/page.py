"""What Prometheus and probes are told, over HTTP by a process of its own."""

import logging
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from app.config import Settings, address
from app.rpc.parts import Parts
from app.rpc.port import BusyPortError, family_and_place
from app.rpc.tls import certificate_of

PATIENCE_S = 30.0  # with a client that does not say what it wants
READY_S = 2.0
PARENT_S = 1.0
TEXT = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]  # status, content type, body

log = logging.getLogger(__name__)


class Pages:
    """Answers each path; of this instance, whatever its workers are doing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._certificate = certificate_of(parts.settings)
        self._channel = self._opened()

    def answer(self, path: str) -> Answer:
        if path == "/metrics":
            return self._metrics()
        if path == "/health/live":
            return 200, TEXT, b"live\n"
        if path == "/health/ready":
            return self._ready()
        return 404, TEXT, b"There are /metrics, /health/live and /health/ready.\n"

    def _metrics(self) -> Answer:
        text, content_type = self._parts.metrics.render()
        lists = self._parts.models.first.lists
        if self._parts.settings.recent_dir is not None:
            lists.refresh()
        return 200, content_type, text + lists.series()

    def _ready(self) -> Answer:
        """Ask over gRPC, as clients do; a worker answers."""
        if self._certificate is not None and self._certificate.has_changed():
            self._channel = self._opened()
        try:
            found = health_pb2_grpc.HealthStub(self._channel).Check(
                health_pb2.HealthCheckRequest(), timeout=READY_S
            )
        except grpc.RpcError as error:
            return 503, TEXT, f"no answer: {error.code().name}\n".encode()
        well = found.status == health_pb2.HealthCheckResponse.SERVING
        return (200, TEXT, b"ready\n") if well else (503, TEXT, b"a model fails its self-test\n")

    def _opened(self) -> grpc.Channel:
        place = _own_address(self._parts.settings)
        return self._certificate.own_channel(place) if self._certificate else grpc.insecure_channel(place)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Pages
    parent: int

    def service_actions(self) -> None:
        if os.getppid() != self.parent:
            os._exit(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("%s went away before it had its answer: %s", client_address[0], sys.exception())


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        status, content_type, body = self.server.pages.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a probe every few seconds is no news."""


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens, for the parent to keep; raise `BusyPortError`."""
    try:
        family, place = family_and_place(settings.host, settings.rpc_metrics_port)
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(64)
    except OSError as error:
        raise BusyPortError(
            f"Port {settings.rpc_metrics_port} cannot be used for metrics ({error.strerror}): "
            "set RPC_METRICS_PORT."
        ) from error
    return listening


def run(parts: Parts, listening: socket.socket) -> int:
    """Answer until told to stop. Called in a process of its own."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    server = _Server(listening.getsockname()[:2], _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.pages, server.parent = Pages(parts), os.getppid()
    server.serve_forever(PARENT_S)
    return 0


def _own_address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return address(host, settings.rpc_port)
