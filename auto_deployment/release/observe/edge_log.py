"""The edge log as evidence: what the users of each track met since the last tick, each user once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from auto_deployment.edge.log_files import LogFiles
from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.ticks import CANARY, STABLE, TRACKS, GroupCounts, TrackCounts
from auto_deployment.release.observe.edge_lines import LoggedRequest, parse_line
from auto_deployment.release.observe.user_groups import GroupsOf, nobody
from auto_deployment.release.observe.user_table import (
    FLAG_BITS,
    MET_BAD,
    MET_FALLBACK,
    MET_SLOW,
    OLD_FLAG_BITS,
    ON_CANARY,
    UserTable,
)

POPULAR = "popular"
NEWLY = {MET_BAD: "newly_bad", MET_FALLBACK: "newly_fallback", MET_SLOW: "newly_slow"}


@dataclass(frozen=True, slots=True)
class Follows:
    """Which log is read, which track listens on a port, and how many seconds an attempt may take."""

    log: Path
    tracks: Mapping[int, str]
    slow_s: float
    groups: Callable[[], GroupsOf] | None = None  # reads who belongs to which; None: nobody knows
    bring: Callable[[], None] | None = None  # has `log` be complete, where others write it; may raise


@dataclass(frozen=True, slots=True)
class EdgeRead:
    """What was added to the log since the last read."""

    counts: Mapping[str, TrackCounts]
    lines: int = 0
    damaged: int = 0  # of the lines
    foreign_attempts: int = 0  # at addresses whose port is of no track
    groups: Mapping[str, Mapping[str, GroupCounts]] = field(default_factory=dict)
    lost: bool = False  # files went away before they were read: some evidence is missing


class EdgeReader:
    """Follows the edge log for one release.

    `read` moves on and `state` says where it stands. Whoever stores both in one write misses nothing and
    counts nothing twice: after a kill, `resume` from the stored state reads the same lines again.
    """

    def __init__(self, follows: Follows, files: LogFiles, users: UserTable) -> None:
        self._follows = follows
        self._files = files
        self._users = users
        self._groups_of = follows.groups() if follows.groups else nobody

    @classmethod
    def begin(cls, follows: Follows, release: str) -> Self:
        """Start at the log's present end with no user seen."""
        if follows.bring is not None:
            follows.bring()
        return cls(follows, LogFiles.at_end(follows.log), UserTable(release))

    @classmethod
    def resume(cls, follows: Follows, release: str, state: Mapping[str, Any]) -> Self:
        """Go on from a stored state; raise `MarqueeError` when it is damaged."""
        try:
            files = LogFiles.from_json(follows.log, state["positions"])
            users = UserTable.load(release, state["users"], state.get("user_flag_bits", OLD_FLAG_BITS))
        except (AttributeError, KeyError, TypeError) as error:
            raise MarqueeError("The position in the edge log cannot be read: abort this release.") from error
        return cls(follows, files, users)

    def state(self) -> dict[str, Any]:
        """Return plain values for JSON: positions, and eight characters for each user."""
        users = {"users": self._users.dump(), "user_flag_bits": FLAG_BITS}
        return {"positions": self._files.to_json(), **users}

    def forget_users(self, release: str) -> None:
        """Begin to count users anew: when warming ends, what was met until then is no evidence."""
        self._users = UserTable(release)

    def read(self) -> EdgeRead:
        """Count what was added to the log; an unreadable log raises `EdgeLogError` and changes nothing."""
        if self._follows.bring is not None:
            self._follows.bring()
        users = self._users.copy()
        tally = _Tally({track: Counter[str](newly_slow=0) for track in TRACKS}, self._groups_of)
        lines = damaged = foreign = 0
        for line in self._files.lines():
            lines += 1
            request = parse_line(line, self._follows.tracks)
            if request is None:
                damaged += 1
                continue
            foreign += request.foreign_attempts
            _count(request, tally, users, self._follows.slow_s)
        self._users = users
        counts = {track: TrackCounts(**tally.tracks[track]) for track in TRACKS}
        return EdgeRead(counts, lines, damaged, foreign, tally.by_group(), self._files.lost)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Counts by track, and by group and track."""

    tracks: Mapping[str, Counter[str]]
    groups_of: GroupsOf
    groups: defaultdict[str, defaultdict[str, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )

    def add_to_groups(self, user: str, track: str, name: str) -> None:
        for group in self.groups_of(user):
            self.groups[group][track][name] += 1

    def by_group(self) -> dict[str, dict[str, GroupCounts]]:
        return {
            group: {track: GroupCounts(**counts) for track, counts in sorted(tracks.items())}
            for group, tracks in sorted(self.groups.items())
        }


def _count(request: LoggedRequest, tally: _Tally, users: UserTable, slow_s: float) -> None:
    if not request.attempts:
        return
    tally.tracks[request.attempts[0].track]["requests"] += 1
    for attempt in request.attempts:
        tally.tracks[attempt.track]["attempts"] += 1
        tally.tracks[attempt.track]["bad_attempts"] += attempt.bad
    if request.user:
        _count_user(request, tally, users, slow_s)


def _count_user(request: LoggedRequest, tally: _Tally, users: UserTable, slow_s: float) -> None:
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
    own = [attempt for attempt in request.attempts if attempt.track == track]
    bad, slow = any(attempt.bad for attempt in own), any(attempt.seconds > slow_s for attempt in own)
    last = request.attempts[-1]
    fallback = request.source == POPULAR and last.track == track and not last.bad
    met = flags | bad * MET_BAD | fallback * MET_FALLBACK | slow * MET_SLOW
    if before is None:
        tally.tracks[track]["users"] += 1
        tally.tracks[track]["first_bad"] += bad
        tally.add_to_groups(request.user, track, "users")
    if met & ~flags & MET_BAD:
        tally.add_to_groups(request.user, track, "newly_bad")
    for flag, name in NEWLY.items():
        tally.tracks[track][name] += bool(met & ~flags & flag)
    if met != before:
        users.put(key, met, new=before is None)
