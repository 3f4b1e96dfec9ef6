"""HTTP for tests: one request spelt out byte for byte, and many of them quickly."""

import re
import socket
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

AT_ONCE = 200  # requests sent ahead on one connection, which answers one after the other
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True, slots=True)
class Reply:
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange(port: int, request: bytes, timeout_s: float = 30, host: str = "127.0.0.1") -> bytes:
    """Send bytes as they are and return all that comes back until the other side closes."""
    with socket.create_connection((host, port), timeout_s) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(262_144):
            parts.append(part)
    return b"".join(parts)


def send(port: int, request: bytes, host: str = "127.0.0.1") -> Reply:
    """Send one request, which must ask for the connection to be closed, and read its response."""
    head, _, body = exchange(port, request, host=host).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Reply(int(first.split()[1]), headers, body)


def get(port: int, path: str, headers: str = "", method: str = "GET", host: str = "127.0.0.1") -> Reply:
    """Ask once; `headers` are whole lines, each with its end."""
    request = f"{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}Connection: close\r\n\r\n"
    return send(port, request.encode(), host)


def get_many(port: int, paths: Sequence[str], connections: int = 4, at_once: int = AT_ONCE) -> Counter[int]:
    """Ask for every path, several connections at a time, and count the statuses that come back."""
    chunks = [paths[start : start + at_once] for start in range(0, len(paths), at_once)]
    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(lambda chunk: _pipeline(port, chunk), chunks), Counter())


def _pipeline(port: int, paths: Sequence[str]) -> Counter[int]:
    *before, last = paths
    lines = [f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n" for path in before]
    lines.append(f"GET {last} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    return Counter(map(int, STATUS.findall(exchange(port, "".join(lines).encode()))))
