"""NGINX's log of requests: turned over by size, and followed line by line while it grows."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from auto_deployment.edge.log_files import LogFiles

MEGABYTE = 1024 * 1024


def rotate(log: Path, max_bytes: int, files: int, reopen: Callable[[], None]) -> bool:
    """Turn the log over when it has grown enough; return whether it did. At most `files` are kept in all.

    No line is lost: NGINX goes on writing into the renamed file until `reopen` (SIGUSR1 to its main process)
    makes it open a new one. Who reads must therefore finish the old file before going on with the new one.
    """
    try:
        if log.stat().st_size < max_bytes:
            return False
    except FileNotFoundError:
        reopen()
        return False
    _numbered(log, files - 1).unlink(missing_ok=True)
    for number in range(files - 2, 0, -1):
        older = _numbered(log, number)
        if older.exists():
            older.replace(_numbered(log, number + 1))
    log.replace(_numbered(log, 1))
    reopen()
    return True


def shorten(log: Path, max_bytes: int) -> None:
    """Keep the newest half of a log whose writers only append; what they add meanwhile may be lost."""
    if log.exists() and log.stat().st_size >= max_bytes:
        kept = log.read_bytes()[-max_bytes // 2 :]
        with log.open("r+b") as file:
            file.truncate(0)
        with log.open("ab") as file:
            file.write(kept.partition(b"\n")[2])


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def parse(line: bytes) -> Mapping[str, Any] | None:
    """Read one line of the log, None when it is not one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def added(log: LogFiles) -> list[Mapping[str, Any]]:
    """Return the requests that were added since the last call, across rotation."""
    return [entry for line in log.lines() if (entry := parse(line)) is not None]
