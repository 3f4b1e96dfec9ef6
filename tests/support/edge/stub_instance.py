"""An instance of the service that does what a test tells it: answers, errs, hangs, resets, refuses."""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Behaviour = Callable[["StubInstance", asyncio.StreamWriter], Awaitable[None]]


async def answer(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
    await _respond(instance, writer, "200 OK")


async def hang(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer, until the other side has had enough."""
    await asyncio.sleep(60)


async def close(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
    """End the connection without an answer, as a worker does that is killed."""


async def reset(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
    """Reset the connection instead of answering."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def fail(status: int) -> Behaviour:
    """Answer with a status."""

    async def behave(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
        await _respond(instance, writer, f"{status} Stub", "application/problem+json")

    return behave


def slow(delay_s: float) -> Behaviour:
    """Answer after a while."""

    async def behave(instance: "StubInstance", writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(delay_s)
        await _respond(instance, writer, "200 OK")

    return behave


async def _respond(
    instance: "StubInstance", writer: asyncio.StreamWriter, status: str, media_type: str = "text/plain"
) -> None:
    body = f"answer of {instance.name}"
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        "X-Model-Version: model-1",
        "X-Release: model-1-abc",
        f"X-Release-Track: {instance.track}",
        "X-Recommendation-Source: personal",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    await writer.drain()


class StubInstance:
    """Listens on a free port of its address from the start; `requests` holds the head of each request."""

    def __init__(self, name: str, track: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self.name, self.track = name, track
        self.behaviour: Behaviour = answer
        self.requests: list[str] = []
        self._host, self.port = host, port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.listen()

    @property
    def address(self) -> str:
        return f"{self._host}:{self.port}"

    def listen(self) -> None:
        """Accept connections (again)."""
        starting = asyncio.start_server(self._serve, self._host, self.port)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Stop listening: connections are refused from now on."""

        async def stop() -> None:
            self._server.close()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            await self.behaviour(self, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
