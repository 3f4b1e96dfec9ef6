"""What users met in the last hour, as NGINX's log tells it: counted by ten seconds, then forgotten."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from auto_deployment.edge.log_files import EdgeLogError, LogFiles

STEP_S, KEPT = 10, 360
MOST_LINES, MOST_TIMES = 20_000, 500  # of one look; durations of one step and track, for percentiles
SECONDS, POPULAR = "request_time", "popular"
TRACKS = ("stable", "canary", "static")


@dataclass(slots=True)
class Counts:
    """One track in a span; `times_s` are those of lists, at most some hundreds a step."""

    requests: int = 0
    errors: int = 0
    lists: int = 0
    popular: int = 0
    times_s: list[float] = field(default_factory=list)
    release: str = ""  # of the newest answer

    def add(self, entry: Mapping[str, Any]) -> None:
        status, time_s = int(entry.get("status") or 0), float(entry.get(SECONDS) or 0.0)
        self.requests += 1
        self.errors += status >= 500
        self.release = str(entry.get("release") or self.release)
        if source := entry.get("source"):
            self.lists += 1
            self.popular += source == POPULAR
            if len(self.times_s) < MOST_TIMES:
                self.times_s.append(time_s)

    def take(self, other: "Counts") -> None:
        """Add a later span."""
        self.requests += other.requests
        self.errors += other.errors
        self.lists += other.lists
        self.popular += other.popular
        self.times_s += other.times_s
        self.release = other.release or self.release

    def share(self, part: int, whole: int) -> float | None:
        return part / whole if whole else None

    def quantile_ms(self, share: float) -> float | None:
        """Return a quantile of the durations, None without a list."""
        times = sorted(self.times_s)
        return 1000 * times[ceil(share * len(times)) - 1] if times else None


Step = dict[str, Counts]


class EdgeTraffic:
    """Follows the log from the first look on; one thread looks, others read."""

    def __init__(self, edge_log: Path, now: Callable[[], datetime]) -> None:
        self._path, self._now = edge_log, now
        self._lines: LogFiles | None = None
        self._steps: deque[tuple[int, Step]] = deque(maxlen=KEPT)
        self._turn = threading.Lock()
        self.since: datetime | None = None
        self.trouble = ""

    def look(self) -> None:
        """Read what was added."""
        try:
            if self._lines is None:
                self._lines = LogFiles.at_end(self._path)
                self.since = self._now()
            entries = list(_entries(self._lines))
        except EdgeLogError as error:
            self.trouble = str(error)
            return
        self.trouble = ""
        number = int(self._now().timestamp()) // STEP_S
        with self._turn:
            if not self._steps or self._steps[-1][0] != number:
                self._steps.append((number, {}))
            step = self._steps[-1][1]
            for entry in entries:
                with suppress(TypeError, ValueError):  # a damaged line
                    step.setdefault(str(entry.get("track") or "refused"), Counts()).add(entry)

    def last(self, span: timedelta) -> Step:
        """Return the counts of each track over the newest time."""
        oldest = int((self._now() - span).timestamp()) // STEP_S
        return _joined(step for number, step in self._copy() if number > oldest)

    def minutes(self) -> list[tuple[int, Step]]:
        """Return the counts of each minute that is over (seconds since 1970), oldest first."""
        found: dict[int, list[Step]] = {}
        for number, step in self._copy():
            found.setdefault(number * STEP_S // 60 * 60, []).append(step)
        present = int(self._now().timestamp()) // 60 * 60
        return [(minute, _joined(iter(steps))) for minute, steps in found.items() if minute < present]

    def _copy(self) -> list[tuple[int, Step]]:
        with self._turn:
            return list(self._steps)


def _joined(steps: Iterator[Step]) -> Step:
    joined: Step = {}
    for step in steps:
        for track, counts in list(step.items()):
            joined.setdefault(track, Counts()).take(counts)
    return joined


def _entries(lines: LogFiles) -> Iterator[Mapping[str, Any]]:
    for line in lines.lines(MOST_LINES):
        with suppress(ValueError, TypeError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry
