"""A small HTTP client over kept connections: what a load of thousands of requests needs, and no more."""

import asyncio
from collections import deque
from dataclasses import dataclass

REQUEST = "GET {path} HTTP/1.1\r\nHost: marquee\r\n\r\n"


class NoAnswerError(Exception):
    """The connection was refused, ended or brought something else than an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Client:
    """Keeps what is idle for the next request; a kept connection that has ended is replaced once."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: deque[_Connection] = deque()

    async def get(self, path: str) -> Reply:
        """Ask once; raise `NoAnswerError` or `OSError` when there is no whole answer."""
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._exchange(connection, path)
            except _EndedError:
                connection.writer.close()
        connection = _Connection(*await asyncio.open_connection(self._host, self._port))
        try:
            return await self._exchange(connection, path)
        except _EndedError as error:
            connection.writer.close()
            raise NoAnswerError("the connection ended without an answer") from error

    def close(self) -> None:
        while self._idle:
            self._idle.pop().writer.close()

    async def _exchange(self, connection: _Connection, path: str) -> Reply:
        try:
            connection.writer.write(REQUEST.format(path=path).encode())
            head = await connection.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise NoAnswerError("the answer broke off") from error
            raise _EndedError from error
        except ConnectionError as error:
            raise _EndedError from error
        try:
            first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            body = await connection.reader.readexactly(int(headers["content-length"]))
            reply = Reply(int(first.split()[1]), headers, body.decode(errors="replace"))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, LookupError) as error:
            raise NoAnswerError(f"the answer is no HTTP: {error!r}") from error
        if headers.get("connection") == "close":
            connection.writer.close()
        else:
            self._idle.append(connection)
        return reply


class _EndedError(Exception):
    """A kept connection was closed by the other side before it sent anything."""
