"""A worker of the service in small: the lines that it writes, and how it ends."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from app.impressions.files import WorkerFiles
from app.impressions.log import Shown, line_of
from app.serving import ServedModel
from tests.support.feedback.world import LIST


class _Named:
    """As much of a served model as a line tells."""

    def __init__(self, track: str) -> None:
        self.track, self.release, self.version = track, f"{track}-release", "20261101T0000-00000000"
        self.recommender = self.model = self


def shown_line(
    time: datetime, user: int, number: int, movies: tuple[str, ...] = LIST, **fields: Any
) -> bytes:
    """Return the line about a request that ended at a time."""
    serving = cast(ServedModel, _Named(fields.get("track", "stable")))
    listed = ",".join(movies).encode()
    seconds = fields.get("seconds", 0.02)
    one = Shown(time.timestamp(), f"{number:032x}", str(user), serving, "personal", listed, 200, seconds)
    return line_of(one)


class Worker:
    """Writes into a folder; `kill` ends it as kill -9 does, in the middle of a line."""

    def __init__(self, folder: Path, name: str = "one", max_bytes: int = 1_000_000, most: int = 50) -> None:
        self._files = WorkerFiles(folder, max_bytes, most)
        self._files._worker = name  # two of one process would get the same name

    def write(self, *lines: bytes) -> None:
        assert self._files.append(lines) == len(lines)

    def kill(self, begun: bytes = b"") -> None:
        """Leave a part of a line; the system takes the lock back."""
        os.write(self._files._current(), begun)
        self._files.close()
