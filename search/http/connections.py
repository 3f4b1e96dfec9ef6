"""HTTP to shards: connections that are kept, and sent on before anything is awaited."""

import http.client
import json
import re
import socket
import time
from collections import defaultdict
from typing import Any

CONNECT_S = 0.03  # beside us: whoever does not even take a connection in that time is away
LEAST_S = 0.001  # is waited for what may be there already
HEAD_MAX_BYTES = 16_384
READ_BYTES = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*([0-9]{1,8})[ \t]*\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nConnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


class ShardError(Exception):
    """A shard did not answer, or not what was asked for."""


class Exchange:
    """A request that was sent, and whose answer is not here yet."""

    def __init__(self, address: str, connection: socket.socket, *, is_new: bool) -> None:
        self.address, self.socket, self.is_new = address, connection, is_new


class Connections:
    """Keeps connections; any thread may use it."""

    def __init__(self) -> None:
        self._idle = defaultdict[str, list[socket.socket]](list)

    def send(self, address: str, request: bytes, end: float, *, anew: bool = False) -> Exchange:
        """Send a whole request over a connection that was kept, unless it shall be made `anew`.

        Raises `ShardError`.
        """
        kept = None if anew else self._kept(address)
        connection = kept
        try:
            if connection is None:
                connection = _connected(address, _rest(end, CONNECT_S))
            connection.settimeout(_rest(end))
            connection.sendall(request)
        except (OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            if kept is not None and not isinstance(error, TimeoutError):
                return self.send(address, request, end, anew=True)
            raise ShardError(f"{address}: {error!r}") from error
        return Exchange(address, connection, is_new=kept is None)

    def receive(self, exchange: Exchange, end: float) -> bytes:
        """Return what a shard answers with status 200; raise `ShardError`, or `StaleError` to send again."""
        try:
            status, content, closes = _answer_on(exchange.socket, end)
        except (OSError, ValueError) as error:
            exchange.socket.close()
            if not exchange.is_new and isinstance(error, ConnectionError):
                raise StaleError(str(error)) from error
            raise ShardError(f"{exchange.address}: {error!r}") from error
        if closes:
            exchange.socket.close()
        else:
            self._idle[exchange.address].append(exchange.socket)
        if status != 200:
            said_by(exchange.address, status, content)
        return content

    def _kept(self, address: str) -> socket.socket | None:
        try:
            return self._idle[address].pop()
        except IndexError:
            return None

    def close(self) -> None:
        for connections in self._idle.values():
            while connections:
                connections.pop().close()


class StaleError(Exception):
    """The other side had closed a connection that was kept: that says nothing of who listens there now."""


def _connected(address: str, timeout_s: float) -> socket.socket:
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host.strip("[]"), int(port)), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer_on(connection: socket.socket, end: float) -> tuple[int, bytes, bool]:
    """Return status and body of an answer, and whether the connection ends with it.

    No more of HTTP is read than a shard sends: an answer says its length. Raises `OSError` and `ValueError`.
    """
    came, head = b"", -1
    while head < 0:
        came += _more(connection, end)
        head = came.find(b"\r\n\r\n")
        if head < 0 and len(came) > HEAD_MAX_BYTES:
            raise ValueError("The head of the answer does not end.")
    fields = came[: head + 2]
    status, length = _STATUS.match(fields), _LENGTH.search(fields)
    if status is None or length is None:
        raise ValueError("The answer is none of a shard.")
    parts, missing = [came[head + 4 :]], int(length[1]) - (len(came) - head - 4)
    while missing > 0:
        parts.append(_more(connection, end))
        missing -= len(parts[-1])
    if missing < 0:
        raise ValueError("There is more than the answer.")
    closes = _CLOSES.search(fields) is not None or fields.startswith(b"HTTP/1.0")
    return int(status[1]), b"".join(parts), closes


def _more(connection: socket.socket, end: float) -> bytes:
    if time.monotonic() > end + LEAST_S:
        raise TimeoutError("The answer came too slowly.")
    connection.settimeout(_rest(end))
    came = connection.recv(READ_BYTES)
    if not came:
        raise ConnectionResetError("The connection was closed before the answer was whole.")
    return came


def behind(address: str) -> list[str]:
    """Return what HOST:PORT leads to, one for each host (IPv4); itself where it leads nowhere now."""
    host, _, port = address.rpartition(":")
    try:
        return [f"{one}:{port}" for one in sorted(socket.gethostbyname_ex(host)[2])]
    except (OSError, UnicodeError):  # the latter: no name at all
        return [address]


def call(address: str, method: str, path: str, timeout_s: float) -> Any:
    """Ask a shard once; raise `ShardError` unless it answers with JSON and status 200 in time."""
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return said_by(address, answer.status, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise ShardError(f"{address}: {error!r}") from error
    finally:
        connection.close()


def said_by(address: str, status: int, content: bytes) -> Any:
    """Return the JSON of an answer; raise `ShardError` unless its status is 200."""
    try:
        said = json.loads(content)
    except ValueError as error:
        raise ShardError(f"{address} answered with no JSON ({error}).") from error
    if status != 200:
        raise ShardError(f"{address}: {said.get('detail', status) if isinstance(said, dict) else said}")
    return said


def _rest(end: float, most: float = 3600.0) -> float:
    # 0 would mean not to wait at all, which is another error than to wait in vain.
    return min(most, max(LEAST_S, end - time.monotonic()))
