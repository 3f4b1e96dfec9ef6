"""The edge log as evidence: what the users of each track met since the last tick, each user once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.ticks import CANARY, STABLE, TRACKS, TrackCounts
from auto_deployment.release.observe.edge_lines import LoggedRequest, parse_line
from auto_deployment.release.observe.edge_log_files import LogFiles
from auto_deployment.release.observe.user_table import MET_BAD, MET_FALLBACK, ON_CANARY, UserTable

POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class EdgeRead:
    """What was added to the log since the last read."""

    counts: Mapping[str, TrackCounts]
    lines: int = 0
    damaged: int = 0  # of the lines
    foreign_attempts: int = 0  # at addresses whose port is of no track
    lost: bool = False  # files went away before they were read: some evidence is missing


class EdgeReader:
    """Follows the edge log for one release.

    `read` moves on and `state` says where it stands. Whoever stores both in one write misses nothing and
    counts nothing twice: after a kill, `resume` from the stored state reads the same lines again.
    """

    def __init__(self, log: Path, tracks: Mapping[int, str], files: LogFiles, users: UserTable) -> None:
        self._log = log
        self._tracks = dict(tracks)
        self._files = files
        self._users = users

    @classmethod
    def begin(cls, log: Path, tracks: Mapping[int, str], release: str) -> Self:
        """Start at the log's present end with no user seen; `tracks` says which track listens on a port."""
        return cls(log, tracks, LogFiles.at_end(log), UserTable(release))

    @classmethod
    def resume(cls, log: Path, tracks: Mapping[int, str], release: str, state: Mapping[str, Any]) -> Self:
        """Go on from a stored state; raise `MarqueeError` when it is damaged."""
        try:
            files = LogFiles.from_json(log, state["positions"])
            users = UserTable.load(release, state["users"])
        except (AttributeError, KeyError, TypeError) as error:
            raise MarqueeError("The position in the edge log cannot be read: abort this release.") from error
        return cls(log, tracks, files, users)

    def state(self) -> dict[str, Any]:
        """Return plain values for JSON: positions, and eight characters for each user."""
        return {"positions": self._files.to_json(), "users": self._users.dump()}

    def forget_users(self, release: str) -> None:
        """Begin to count users anew: when warming ends, what was met until then is no evidence."""
        self._users = UserTable(release)

    def read(self) -> EdgeRead:
        """Count what was added to the log; an unreadable log raises `EdgeLogError` and changes nothing."""
        users = self._users.copy()
        tally = {track: Counter[str]() for track in TRACKS}
        lines = damaged = foreign = 0
        for line in self._files.lines():
            lines += 1
            request = parse_line(line, self._tracks)
            if request is None:
                damaged += 1
                continue
            foreign += request.foreign_attempts
            _count(request, tally, users)
        self._users = users
        counts = {track: TrackCounts(**tally[track]) for track in TRACKS}
        return EdgeRead(counts, lines, damaged, foreign, self._files.lost)


def _count(request: LoggedRequest, tally: Mapping[str, Counter[str]], users: UserTable) -> None:
    if not request.attempts:
        return
    tally[request.attempts[0].track]["requests"] += 1
    for attempt in request.attempts:
        tally[attempt.track]["attempts"] += 1
        tally[attempt.track]["bad_attempts"] += attempt.bad
    if request.user:
        _count_user(request, tally, users)


def _count_user(request: LoggedRequest, tally: Mapping[str, Counter[str]], users: UserTable) -> None:
    """A user belongs to the track that his first request met, and answers only for attempts on that one.

    While an instance is left alone for a second, its users meet the other track: they stay where the hash
    had put them, so that each user is counted on one track.
    """
    key = users.key(request.user)
    before = users.get(key)
    flags = before
    if flags is None:
        flags = ON_CANARY if request.attempts[0].track == CANARY else 0
    track = CANARY if flags & ON_CANARY else STABLE
    bad = any(attempt.bad for attempt in request.attempts if attempt.track == track)
    last = request.attempts[-1]
    fallback = request.source == POPULAR and last.track == track and not last.bad
    met = flags | bad * MET_BAD | fallback * MET_FALLBACK
    if before is None:
        tally[track]["users"] += 1
        tally[track]["first_bad"] += bad
    tally[track]["newly_bad"] += bool(met & ~flags & MET_BAD)
    tally[track]["newly_fallback"] += bool(met & ~flags & MET_FALLBACK)
    if met != before:
        users.put(key, met, new=before is None)
