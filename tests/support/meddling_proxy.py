"""A proxy before an HTTP service that answers in its place, late, or not to the end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

BY_HAND = {"connection", "content-length", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Meddling:
    """What becomes of one request; by default nothing."""

    status: int = 0  # answered in the service's place
    late_s: float = 0.0
    body_share: float = 1.0  # of what was announced; then the connection is cut


@dataclass
class Proxy:
    """`on` is asked about each request: its method, and its address with what follows the question mark."""

    url: str
    on: Callable[[str, str], Meddling] = lambda method, path: Meddling()


@contextmanager
def meddling(service: str) -> Iterator[Proxy]:
    """Run a proxy before the service at an address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Between)
    server.daemon_threads = True
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}")
    _Between.proxy, _Between.service = proxy, urlsplit(service).netloc
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Between(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    service: str

    def _pass_on(self) -> None:
        found = self.proxy.on(self.command, self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        time.sleep(found.late_s)
        if found.status:
            self._answer(found.status, [], b"", 0)
            return
        connection = HTTPConnection(self.service, timeout=30)
        connection.request(self.command, self.path, content, dict(self.headers.items()))
        answer = connection.getresponse()
        body, headers = answer.read(), answer.getheaders()
        connection.close()
        size = int(answer.headers.get("Content-Length", len(body)))
        cut = len(body) if found.body_share == 1 else int(len(body) * found.body_share)
        self._answer(answer.status, headers, body[:cut], size)
        self.close_connection = cut < len(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, size: int) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in BY_HAND:
                self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        with suppress(ConnectionError):  # who asked may have given up meanwhile
            self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing of each request."""
