"""CPU and memory of containers, as `docker stats` tells them while it runs."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

_UNITS = {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one container: per cent of one core, and bytes."""

    cpu_percent: float
    memory_bytes: float


class Meter:
    """The newest figures, by service."""

    def __init__(self, project: str) -> None:
        self._prefix = f"{project}-"
        self._found: dict[str, Usage] = {}

    def now(self) -> Mapping[str, Usage]:
        return dict(self._found)

    def take(self, line: str) -> None:
        """Read one line; what is not about a container of the project is passed over."""
        found = re.search(r"\{.*\}", line)
        if not found:
            return
        facts = json.loads(found[0])
        name = re.fullmatch(rf"{re.escape(self._prefix)}(.+)-\d+", facts["Name"])
        usage = _read(facts)
        if name and usage:
            self._found[name[1]] = usage


@contextmanager
def metering(project: str) -> Iterator[Meter]:
    """Measure for as long as the block lasts."""
    meter = Meter(project)
    # Engines print a control sequence before each screenful, also into a pipe.
    process = subprocess.Popen(
        ["docker", "stats", "--format", "{{json .}}"], stdout=subprocess.PIPE, text=True, errors="replace"
    )

    def read() -> None:
        for line in process.stdout or ():
            meter.take(line)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        process.terminate()
        process.wait()
        thread.join()


def _read(facts: Mapping[str, str]) -> Usage | None:
    memory = re.match(r"([\d.]+)([KMG]?i?B)", facts["MemUsage"])
    if not memory or not facts["CPUPerc"].rstrip("%").replace(".", "").isdecimal():
        return None
    return Usage(float(facts["CPUPerc"].rstrip("%")), float(memory[1]) * _UNITS[memory[2]])
