"""Follows a log of requests: each line once, with the position read inside of the file made of it."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.edge.log_files import LogFiles
from auto_deployment.feedback.edge_rows import EDGE, EdgeRows
from auto_deployment.feedback.files import (
    SUFFIX,
    FeedbackError,
    closed_files,
    moment,
    read_facts,
    write_file,
)
from auto_deployment.feedback.forgotten import left, publishing, wishes_now
from auto_deployment.feedback.params import CollectParams
from auto_deployment.feedback.service.files import ServiceFiles
from auto_deployment.feedback.service.rows import SERVICE, ServiceRows
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import FeedbackLayout, Paths

log = logging.getLogger(__name__)

AT_ONCE = 20_000  # lines; some 10 MB


@dataclass(frozen=True, slots=True)
class LogSource:
    """Who tells of requests: the table of its files, what follows its log, and what its lines become."""

    name: str
    files: type[LogFiles] | type[ServiceFiles]
    rows: Callable[[], EdgeRows]


EDGE_LOG = LogSource(EDGE, LogFiles, EdgeRows)
SERVICE_LOG = LogSource(SERVICE, ServiceFiles, ServiceRows)


@dataclass
class Collected:
    """What this process has done."""

    requests: int = 0
    other: int = 0
    damaged: int = 0
    lost: int = 0  # times that a part of the log went away before it was read
    files: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # of damage, where there are several


class Collector:
    """Reads what was added to the log and closes it into a file now and then; there may be only one.

    Whatever happens to it between two files, the next one begins where the last closed file ends.
    """

    def __init__(
        self, requests: Path, paths: Paths, params: CollectParams, source: LogSource = EDGE_LOG
    ) -> None:
        self._segments, self._root, self._source = paths.segments, paths.feedback, source
        folder = FeedbackLayout(paths.feedback).table(source.name)
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self._folder, self._params = folder, params
        self._number, positions = _newest(folder)
        self._files = source.files.from_json(requests, positions or [])
        self._open, self._lost = source.rows(), 0
        self._since: datetime | None = None
        self.done = Collected()

    @property
    def open_lines(self) -> int:
        """How many lines wait to become a file."""
        return self._open.lines

    def step(self, now: datetime) -> None:
        """Read what is there, and close what is due; raise `MarqueeError` and change nothing else."""
        while self._read(now):
            if self._is_due(now):
                self.close()
        if self._is_due(now):
            self.close()

    def close(self) -> None:
        """Make a file of what was read, if anybody asked for recommendations, without who is forgotten."""
        rows = self._open
        if not len(rows):
            return
        first_us, last_us = rows.span_us()
        number = self._number + 1
        name = f"{number:010d}-{moment(first_us):%Y%m%dT%H%M%S}-{moment(last_us):%Y%m%dT%H%M%S}{SUFFIX}"
        with publishing(self._root):
            # May be empty: the position has to go on.
            table = left(self._source.name, rows.table(), wishes_now(self._segments))
            counts = {
                "requests": len(table),
                "other": rows.other,
                "damaged": rows.damaged,
                "lost": self._lost,
            }
            facts = {"positions": self._files.to_json(), "counts": counts}
            write_file(self._folder / name, table, facts | _reasons(rows))
        self._number = number
        done = self.done
        done.requests, done.other = done.requests + len(table), done.other + rows.other
        done.damaged, done.files = done.damaged + rows.damaged, done.files + 1
        done.reasons += rows.reasons
        self._open, self._since, self._lost = self._source.rows(), None, 0

    def remove_before(self, time: datetime) -> int:
        """Remove files with older requests only, whoever told; never the newest, which has the position."""
        folders = [FeedbackLayout(self._root).table(source.name) for source in (EDGE_LOG, SERVICE_LOG)]
        files = [path for folder in folders for path in closed_files(folder)[:-1]]
        old = [path for path in files if span_of(path)[1] < time]
        with publishing(self._root):
            for path in old:
                path.unlink(missing_ok=True)
        return len(old)

    def _read(self, now: datetime) -> bool:
        """Take a portion, unless the open file is full; return whether there may be more."""
        room = min(self._params.max_lines - len(self._open), AT_ONCE)
        if room <= 0:
            return False
        # Taken whole before one is counted: a log that cannot be read moves no position.
        lines = list(self._files.lines(room))
        if self._files.lost:
            self._lost += 1
            self.done.lost += 1
            log.warning(
                "A part of the edge log went away before it was read: what was shown then is not known. "
                "Run `feedback collect` without long pauses, or raise edge_log_files or IMPRESSIONS_FILES."
            )
        if lines and self._since is None:
            self._since = now
        for line in lines:
            self._open.add(line)
        return len(lines) == room

    def _is_due(self, now: datetime) -> bool:
        if self._since is None:
            return False
        age_s = (now - self._since).total_seconds()
        full = len(self._open) >= self._params.max_lines
        # A clock that was set back must not put it off.
        return full or not 0 <= age_s < self._params.max_age_s


def _reasons(rows: EdgeRows) -> dict[str, object]:
    """Return what a file says of its damaged lines; nothing where there is none to tell apart."""
    if not rows.reasons:
        return {}
    log.warning("%d lines are damaged: %s", rows.damaged, dict(rows.reasons))
    return {"damaged": dict(rows.reasons)}


def span_of(path: Path) -> tuple[datetime, datetime]:
    """Return the times between which a file's requests ended, to the second, from its name."""
    try:
        _, first, last = path.stem.split("-")
        begin, end = (datetime.strptime(text + "+0000", "%Y%m%dT%H%M%S%z") for text in (first, last))
    except ValueError as error:
        raise FeedbackError(f"{path} has no name of a file of the edge log: move it away.") from error
    return begin, end + timedelta(seconds=1)


def _newest(folder: Path) -> tuple[int, list[dict[str, object]] | None]:
    """Return the number of the newest file and how far the log was read when it was written."""
    files = closed_files(folder)
    if not files:
        return 0, None
    span_of(files[-1])
    positions = read_facts(files[-1])["positions"]
    return int(files[-1].stem.partition("-")[0]), positions
