"""An HTTP server in this process that answers, or fails to, as a function says; for those who ask Marquee."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

HEADERS = (
    "X-Recommendation-Source: personal\r\nX-Model-Version: v1\r\n"
    "X-Release: v1-abc\r\nX-Release-Track: stable\r\n"
)
# What follows a question, from its path and number: bytes as they are, None to close without any.
Answers = Callable[[str, int], bytes | None]


class Last(bytes):
    """An answer after which the connection is closed."""


def reply(body: str = "heat+1995,ronin+1998", status: str = "200 OK", headers: str = HEADERS) -> bytes:
    """Return a response with its length."""
    encoded = body.encode()
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(encoded)}\r\n\r\n".encode() + encoded


class ScriptedServer:
    """What it was asked and over how many connections."""

    def __init__(self, listener: socket.socket, answers: Answers, tls: ssl.SSLContext | None) -> None:
        self._listener = listener
        self._tls = tls
        self.answers = answers
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.heads: list[str] = []
        self.connections: list[socket.socket] = []

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]

    def close_connections(self) -> None:
        """Close what is open, as a server does that restarts."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as incoming:
            while first := incoming.readline():
                rest = iter(incoming.readline, b"\r\n")
                self.heads.append((first + b"".join(rest)).decode())
                answer = self.answers(first.decode().split(" ")[1], len(self.heads))
                if answer is None:
                    return
                connection.sendall(answer)
                if isinstance(answer, Last):
                    return


@contextmanager
def scripted(
    answers: Answers = lambda path, number: reply(), tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """Serve until it is no longer needed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ScriptedServer(listener, answers, tls)
        threading.Thread(target=server.accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        server.close_connections()
