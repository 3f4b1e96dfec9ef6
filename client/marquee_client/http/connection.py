"""A connection of which each step ends by the deadline of the call that uses it."""

import io
import socket
import ssl
from collections.abc import Sequence
from http.client import HTTPResponse
from typing import TYPE_CHECKING, cast

from marquee_client.deadline import Deadline
from marquee_client.http.names import Place

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Connection:
    """A connected socket, in the form in which `http.client` reads from one.

    A socket's own time-out begins anew with every byte that arrives; here the deadline ends them all.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline
        self.received = 0  # bytes of the present answer

    def ask(self, question: bytes, deadline: Deadline) -> HTTPResponse:
        """Send a question and return the head of its answer."""
        self._deadline = deadline
        self.received = 0
        self._socket.settimeout(deadline.left_s())
        self._socket.sendall(question)
        response = HTTPResponse(cast(socket.socket, self), method="GET")
        response.begin()
        return response

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def read_into(self, buffer: "WriteableBuffer") -> int:
        self._socket.settimeout(self._deadline.left_s())
        count = self._socket.recv_into(buffer)
        self.received += count
        return count

    def close(self) -> None:
        self._socket.close()


class _Incoming(io.RawIOBase):
    """What comes in, as the file of one answer: closing it leaves the connection open."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        return self._connection.read_into(buffer)


def connect(
    places: Sequence[Place], deadline: Deadline, connect_s: float, tls: ssl.SSLContext | None, host: str
) -> Connection:
    """Connect to the first place that lets us; raise the `OSError` of the last one.

    Each gets its share of the time: one that says nothing leaves some to the others.
    """
    connecting = Deadline(min(connect_s, deadline.left_s()))
    for number, place in enumerate(places):
        try:
            return Connection(_connected(place, connecting, len(places) - number, tls, host), deadline)
        except OSError:
            if number + 1 == len(places):
                raise
    raise OSError("the name has no address")


def _connected(
    place: Place, connecting: Deadline, share: int, tls: ssl.SSLContext | None, host: str
) -> socket.socket:
    one = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        one.settimeout(connecting.left_s() / share)
        one.connect(place.at)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return one
        one.settimeout(connecting.left_s() / share)
        return tls.wrap_socket(one, server_hostname=host)
    except BaseException:
        one.close()
        raise
