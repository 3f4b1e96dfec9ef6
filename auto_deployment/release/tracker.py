"""How long instances have been as they are: what one look cannot tell."""

from collections.abc import Mapping
from datetime import datetime

from auto_deployment.release.instances import Sighting
from auto_deployment.release.world import NAMES, Seen


class Tracker:
    """Remembers since when. After a restart of the controller everything begins anew: waits get longer."""

    def __init__(self) -> None:
        self._unwell: dict[str, datetime] = {}
        self._serving: dict[str, datetime] = {}
        self._fresh: set[str] = set()

    def see(
        self,
        found: Mapping[str, Sighting],
        wanted: Mapping[str, str | None],
        serving: frozenset[str],
        recreated: Mapping[str, int],
        now: datetime,
    ) -> dict[str, Seen]:
        """Return what was found together with for how long it has been so."""
        return {
            name: self._see(name, found[name], wanted[name], name in serving, recreated.get(name, 0), now)
            for name in NAMES
        }

    def started(self, name: str) -> None:
        """A new container was put in its place: it has all the time to become healthy."""
        self._unwell.pop(name, None)
        self._serving.pop(name, None)
        self._fresh.add(name)

    def _see(
        self, name: str, one: Sighting, wanted: str | None, serving: bool, recreated: int, now: datetime
    ) -> Seen:
        right = one.release == wanted and (one.well or wanted is None)
        self._keep(self._unwell, name, not right, now)
        self._keep(self._serving, name, right and serving and one.release is not None, now)
        if right:
            self._fresh.discard(name)
        return Seen(
            release=one.release,
            well=one.well,
            fresh=name in self._fresh,
            restarts=one.restarts + recreated,
            unwell_s=self._since(self._unwell, name, now),
            serving_s=self._since(self._serving, name, now),
        )

    @staticmethod
    def _keep(times: dict[str, datetime], name: str, holds: bool, now: datetime) -> None:
        if holds:
            times[name] = min(times.get(name, now), now)  # a clock may be set back
        else:
            times.pop(name, None)

    @staticmethod
    def _since(times: Mapping[str, datetime], name: str, now: datetime) -> float:
        return (now - times[name]).total_seconds() if name in times else 0.0
