"""The platform's information API on this host, with the habits of the real one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Platform:
    """What it knows, what it was asked, and whether it is down."""

    things: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    unknown: tuple[int, Any] = (404, {"message": "not found"})
    url: str = ""


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Answer on a free port."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path).lstrip("/")
            platform.asked.append(path)
            status, body = platform.status, platform.things.get(path)
            if status == 200 and body is None:
                status, body = platform.unknown
            self.send_response(status)
            for name, value in platform.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        platform.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
