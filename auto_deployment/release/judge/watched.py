"""Who was shown a list and who watched something from one, as feedback had counted it at a tick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from auto_deployment.release.judge.sequential import Counts


@dataclass(frozen=True, slots=True)
class Watchers:
    """Users of a track since the evidence began, each once. His first list says whose user somebody is."""

    shown: int = 0
    watched: int = 0  # of these, who began to watch something from a list of this track

    def __post_init__(self) -> None:
        """Refuse what cannot have been counted."""
        if not 0 <= self.watched <= self.shown:
            raise ValueError("more users watched than were shown a list, or fewer than none")


@dataclass(frozen=True, slots=True)
class Watched:
    """Counts of both tracks, in all and by group ("gender F"), or why there are none."""

    until: datetime | None = None  # the newest line of the stream that they know of
    tracks: Mapping[str, Watchers] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Watchers]] = field(default_factory=dict)
    absent: str = ""


NOTHING = Watched()


@dataclass(frozen=True, slots=True)
class WatchedColumns:
    """Users of one track who were newly shown a list, and who newly watched, by tick."""

    shown: Counts
    watched: Counts


def known(series: Sequence[Watched | None]) -> list[Watched]:
    """Return what was known at each tick: where nothing new was said, what was said last."""
    last, found = NOTHING, []
    for one in series:
        if one is not None and not one.absent:
            last = one
        found.append(last)
    return found


def newly(series: Sequence[Watched], track: str, group: str = "") -> WatchedColumns:
    """Return what each tick added.

    A count may fall, when somebody is forgotten or a late line moves a watch to another list. Then nothing is
    added until it is above what it was: no user counts twice, and of both tracks as few are left out.
    """
    counts = [(one.groups.get(group, {}) if group else one.tracks).get(track, Watchers()) for one in series]
    return WatchedColumns(_growth([one.shown for one in counts]), _growth([one.watched for one in counts]))


def _growth(totals: Sequence[int]) -> Counts:
    highest = np.maximum.accumulate(np.array([0, *totals], np.int64))
    growth: Counts = np.diff(highest)
    return growth
