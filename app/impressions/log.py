"""Notes what was answered without a system call in the request's path; a thread of the worker writes it."""

import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from app.impressions.files import WorkerFiles
from app.serving import ServedModel

log = logging.getLogger(__name__)

WRITTEN, QUEUE_FULL, DISK_FAILED = "written", "queue_full", "disk_failed"
OUTCOMES = (WRITTEN, QUEUE_FULL, DISK_FAILED)
MOST_WAITING = 20_000  # some 10 MB, and what a worker answers in several seconds
LONGEST_ID = 64


class Shown(NamedTuple):
    """One answer to a request for a user's list."""

    time_s: float  # since 1970, when it was ready
    request_id: str | None
    user: str
    serving: ServedModel
    source: str
    movies: bytes  # ids, joined by commas; none where no list was given
    status: int
    seconds: float


class ImpressionLog:
    """A bounded queue before a worker's files; who answers never waits for either."""

    def __init__(
        self, files: WorkerFiles, count: Callable[[str, int], object], most_waiting: int = MOST_WAITING
    ) -> None:
        self._files, self._count, self._most_waiting = files, count, most_waiting
        self._waiting: deque[Shown] = deque()
        self._refused = 0
        self._refusing, self._writing = threading.Lock(), threading.Lock()
        self._failed = False

    def note(self, shown: Shown) -> None:
        """Keep an answer until it is written down; drop it where too many wait."""
        if len(self._waiting) < self._most_waiting:
            self._waiting.append(shown)
            return
        with self._refusing:
            self._refused += 1

    def write(self) -> None:
        """Write down what waits; what the disk does not take is dropped, and counted."""
        with self._writing:
            lines = [line_of(self._waiting.popleft()) for _ in range(len(self._waiting))]
            with self._refusing:
                refused, self._refused = self._refused, 0
            written = self._append(lines) if lines else 0
        for outcome, count in zip(OUTCOMES, (written, refused, len(lines) - written), strict=True):
            if count:
                self._count(outcome, count)

    def _append(self, lines: list[bytes]) -> int:
        try:
            written = self._files.append(lines)
        except OSError as error:
            if not self._failed:
                log.error("What is shown cannot be written down (%s): make room in IMPRESSIONS_DIR.", error)
            self._failed = True
            return 0
        self._failed = written < len(lines)
        return written


def line_of(shown: Shown) -> bytes:
    """Return one line of JSON, in the words of NGINX's edge log."""
    serving = shown.serving
    time = datetime.fromtimestamp(shown.time_s, UTC).isoformat(timespec="milliseconds")
    fields: Mapping[str, object] = {
        "time": time,
        "request_id": (shown.request_id or uuid.uuid4().hex)[:LONGEST_ID],
        "user": (shown.user.lstrip("0") or "0")[:LONGEST_ID],
        "status": shown.status,
        "request_time": round(shown.seconds, 6),
        "track": serving.track,
        "model_version": serving.recommender.model.version,
        "release": serving.release,
        "source": shown.source,
        "movies": shown.movies.decode().split(",") if shown.movies else [],
    }
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
