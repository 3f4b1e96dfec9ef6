"""Load for a running service: short slices as fast as it answers, or a constant rate."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Server

SCRIPT = Path(__file__).with_name("slice.lua")
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice of load showed."""

    requests_per_s: float
    cpu_us: float  # of the workers, per request


def run_slice(server: Server, paths: Path, offset: int, seconds: int) -> Slice:
    """Send the paths of a file, from a line on, as fast as the server answers; raise on a failed request."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), server.url, "--"]
    before = cpu_seconds(server)
    result = subprocess.run(
        [*command, str(paths), str(offset)], capture_output=True, text=True, check=True, timeout=seconds + 30
    )
    cpu = cpu_seconds(server) - before
    found = json.loads(result.stdout.splitlines()[-1])
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} requests of {paths.name} failed: {server.log_text()[-500:]}")
    requests = found["requests"]
    return Slice(requests / found["duration_us"] * 1e6, cpu / requests * 1e6)


def cpu_seconds(server: Server) -> float:
    """Return the CPU time that the workers of a server have used, user and system."""
    ticks = 0
    for pid in server.workers():
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def constant_rate(port: int, paths: Sequence[str], per_s: float) -> list[float]:
    """Ask for each path at its own time, however slow the answers before it are; return seconds, in order.

    The clock of an answer starts when its request was due, not when it could be sent: a stall is not hidden.
    Raises on an answer other than 200.
    """
    return asyncio.run(_constant_rate(port, paths, per_s))


async def _constant_rate(port: int, paths: Sequence[str], per_s: float) -> list[float]:
    start = time.perf_counter()

    async def ask(number: int, path: str) -> float:
        due = start + number / per_s
        await asyncio.sleep(due - time.perf_counter())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{path} was answered with {answer[:100]!r}")
        return time.perf_counter() - due

    return await asyncio.gather(*(ask(number, path) for number, path in enumerate(paths)))
