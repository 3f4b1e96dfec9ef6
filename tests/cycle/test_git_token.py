"""A token for https: git gets it through a program, the server sees it, nobody else does."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auto_deployment.cycle.outcome import FAILED
from tests.support.cycle.home import CycleHome

TOKEN = "s3cr3t-t0ken"


class Closed(ThreadingHTTPServer):
    """A server that lets nobody in, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: set[str] = set()
        super().__init__(("127.0.0.1", 0), Doorkeeper)


class Doorkeeper(BaseHTTPRequestHandler):
    server: Closed

    def do_GET(self) -> None:
        """Ask for a password, whatever came."""
        self.server.shown.add(self.headers.get("Authorization", ""))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Closed]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Closed() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_server_sees_the_token_and_the_sentence_does_not(one: CycleHome, closed: Closed) -> None:
    remote = f"http://127.0.0.1:{closed.server_port}/group/project.git"
    outcome = one.cycle(1, git_remote=remote, git_token=TOKEN)
    assert outcome.kind == FAILED
    assert "Authentication failed" in outcome.sentence
    assert TOKEN not in outcome.sentence
    assert f"Basic {base64.b64encode(f'oauth2:{TOKEN}'.encode()).decode()}" in closed.shown
    assert TOKEN not in (one.layout.clone / ".git" / "config").read_text("utf-8")
    assert TOKEN not in one.layout.askpass.read_text("utf-8")
