"""HTTP to shards: connections that are kept, and sent on before anything is awaited."""

import http.client
import json
import socket
import time
from collections import defaultdict
from typing import Any

CONNECT_S = 0.03  # beside us: whoever does not even take a connection in that time is away


class ShardError(Exception):
    """A shard did not answer, or not what was asked for."""


class Exchange:
    """A request that was sent, and whose answer is not here yet."""

    def __init__(self, address: str, connection: http.client.HTTPConnection, *, is_new: bool) -> None:
        self.address, self.connection, self.is_new = address, connection, is_new

    @property
    def socket(self) -> socket.socket:
        return self.connection.sock


class Connections:
    """Keeps connections; any thread may use it."""

    def __init__(self) -> None:
        self._idle = defaultdict[str, list[http.client.HTTPConnection]](list)

    def send(self, address: str, path: str, body: bytes, end: float, *, anew: bool = False) -> Exchange:
        """Send a POST over a connection that was kept, unless it shall be made `anew`; raise `ShardError`."""
        kept = None if anew else self._kept(address)
        connection = kept or http.client.HTTPConnection(address)
        try:
            if kept is None:
                connection.timeout = _rest(end, CONNECT_S)
                connection.connect()
            connection.sock.settimeout(_rest(end))
            connection.request("POST", path, body, {"Content-Type": "application/json"})
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if kept is not None and not isinstance(error, TimeoutError):
                return self.send(address, path, body, end, anew=True)
            raise ShardError(f"{address}: {error!r}") from error
        return Exchange(address, connection, is_new=kept is None)

    def receive(self, exchange: Exchange, end: float) -> Any:
        """Return what a shard answers with status 200; raise `ShardError`, or `StaleError` to send again."""
        connection = exchange.connection
        try:
            connection.sock.settimeout(_rest(end))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if not exchange.is_new and isinstance(error, ConnectionError):
                raise StaleError(str(error)) from error
            raise ShardError(f"{exchange.address}: {error!r}") from error
        if connection.sock is not None:  # it is not, where the other side keeps none
            self._idle[exchange.address].append(connection)
        return said_by(exchange.address, answer.status, content)

    def _kept(self, address: str) -> http.client.HTTPConnection | None:
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


def call(address: str, method: str, path: str, timeout_s: float, content: Any = None) -> Any:
    """Ask a shard once; raise `ShardError` unless it answers with status 200 in time."""
    body = None if content is None else json.dumps(content)
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
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
    return min(most, max(0.001, end - time.monotonic()))
