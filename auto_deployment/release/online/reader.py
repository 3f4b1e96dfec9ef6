"""Whether the lists of a release are watched, as `feedback join` has written it down; read, never written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from auto_deployment.host.codec import LATER, from_plain
from auto_deployment.release.judge.ticks import TRACKS

FORMAT = 1
NO_FEEDBACK = "no feedback here: `feedback collect` and `feedback join` do not run (docs/feedback.md)."
NOTHING_YET = "nothing of its lists is joined yet: the stream's lines come minutes after the answers."

Bounds = Mapping[str, float | None]  # value, low, high; None where nothing can be said
UNKNOWN: Bounds = {"value": None, "low": None, "high": None}


@dataclass(frozen=True, slots=True)
class OnlineGroup:
    """Lists of one track, gender, age band...: how many, and what came of them."""

    by: str
    value: str
    impressions: int
    users: int
    watches: int
    estimates: Mapping[str, Bounds]
    coverage: float | None
    popularity: float | None
    titles_unknown: int = field(default=0, metadata=LATER)

    def estimate(self, name: str) -> Bounds:
        return self.estimates.get(name, UNKNOWN)


@dataclass(frozen=True, slots=True)
class AsCanary:
    """Both tracks over the time in which the release was the canary."""

    since: datetime
    until: datetime
    tracks: tuple[OnlineGroup, ...]

    def track(self, name: str) -> OnlineGroup | None:
        return next((one for one in self.tracks if one.value == name), None)


@dataclass(frozen=True, slots=True)
class OnlineMeasures:
    """What was known of a release's lists when they were measured last."""

    release: str
    since: datetime
    until: datetime
    as_of: datetime
    groups: tuple[OnlineGroup, ...]
    as_canary: AsCanary | None
    clock_difference_s: float | None = field(default=None, metadata=LATER)
    lines: Mapping[str, int] = field(default_factory=dict, metadata=LATER)

    def of(self, by: str) -> list[OnlineGroup]:
        """Return the groups of one kind, in their order."""
        return [one for one in self.groups if one.by == by]

    def tracks(self) -> list[OnlineGroup]:
        """Return stable and canary over the same time, or what there is of them."""
        found = self.as_canary.tracks if self.as_canary else self.of("track")
        return [one for name in TRACKS for one in found if one.value == name]


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why there is nothing to show, as half a sentence."""

    reason: str


Online = OnlineMeasures | NotMeasured
NO_MEASURES: Online = NotMeasured(NO_FEEDBACK)


class OnlineReader:
    """The files of measures by release; what cannot be read is a reason, never an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: tuple[tuple[str, int, int, int], Online] | None = None

    def read(self, release: str) -> Online:
        """Return the measures of a release; the same file is not read twice."""
        path = self._folder / f"{release}.json"
        try:
            found = path.stat()
            state = (release, found.st_ino, found.st_mtime_ns, found.st_size)
            if self._last is None or self._last[0] != state:
                self._last = (state, _measures(path))
        except FileNotFoundError:
            return NotMeasured(NOTHING_YET) if self._folder.is_dir() else NO_MEASURES
        except OSError as error:
            return NotMeasured(f"{path} cannot be read ({error.strerror or error}).")
        return self._last[1]


def _measures(path: Path) -> Online:
    try:
        content = from_plain(dict[str, Any], json.loads(path.read_bytes()))
        if (version := content.get("format")) != FORMAT:
            return NotMeasured(f"{path} is of format {version!r}, this build knows {FORMAT}: update it.")
        return from_plain(OnlineMeasures, content)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        return NotMeasured(f"{path} is damaged ({reason}): the next join that touches it writes it anew.")
