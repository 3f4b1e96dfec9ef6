"""For how long each instance has been healthy or not, over many looks."""

from collections.abc import Mapping
from datetime import datetime

from auto_deployment.release.ports import Sighting
from auto_deployment.release.reconcile import NAMES, Observed


class Tracker:
    """Adds up the time between looks. After a restart of the controller it begins anew: waits get longer.

    Between two looks at most `longest_s` count: what happened in a longer pause, nobody has seen. A clock
    that is set back costs one look.
    """

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._looked_at: datetime | None = None
        self._wanted: dict[str, str | None] = {}
        self._unwell_s: dict[str, float] = {}
        self._serving_s: dict[str, float] = {}
        self._fresh: set[str] = set()

    def observe(
        self,
        found: Mapping[str, Sighting],
        wanted: Mapping[str, str | None],
        serving: frozenset[str],
        recreated: Mapping[str, int],
        now: datetime,
    ) -> dict[str, Observed]:
        """Return what was found together with for how long it has been so."""
        passed_s = (now - self._looked_at).total_seconds() if self._looked_at else 0.0
        passed_s, self._looked_at = min(max(passed_s, 0.0), self._longest_s), now
        for name in NAMES:
            if self._wanted.get(name) != wanted[name]:  # how it was with something else says nothing
                self._forget(name)
        self._wanted = dict(wanted)
        return {
            name: self._observe(name, found[name], name in serving, recreated.get(name, 0), passed_s)
            for name in NAMES
        }

    def started(self, name: str) -> None:
        """A new container was put in its place: it has all the time to become healthy."""
        self._forget(name)
        self._fresh.add(name)

    def _forget(self, name: str) -> None:
        self._unwell_s.pop(name, None)
        self._serving_s.pop(name, None)

    def _observe(self, name: str, one: Sighting, serving: bool, recreated: int, passed_s: float) -> Observed:
        wanted = self._wanted[name]
        right = one.release == wanted and (one.well or wanted is None)
        _add(self._unwell_s, name, not right, passed_s)
        _add(self._serving_s, name, right and serving and one.release is not None, passed_s)
        if right:
            self._fresh.discard(name)
        return Observed(
            release=one.release,
            wanted=wanted,
            well=one.well,
            fresh=name in self._fresh,
            restarts=one.restarts + recreated,
            unwell_s=self._unwell_s.get(name, 0.0),
            serving_s=self._serving_s.get(name, 0.0),
        )


def _add(times: dict[str, float], name: str, holds: bool, passed_s: float) -> None:
    """Add what has passed since it was first seen so, or begin anew."""
    if not holds:
        times.pop(name, None)
    else:
        times[name] = times[name] + passed_s if name in times else 0.0
