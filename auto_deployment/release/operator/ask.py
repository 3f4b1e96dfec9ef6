"""What persons ask of releases: refused at once where it would come to nothing, else left in the inbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.errors import MarqueeError
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import have_served, is_rejected, serves_after
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import waits_for_approval
from auto_deployment.release.records import read_rejected, read_serving
from auto_deployment.release.release import Action, Build, Kind, Release
from auto_deployment.release.status import judgement_of
from auto_deployment.release.store import Store

USUAL_HOURS, MOST_HOURS = 12.0, 240.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asks, when and why; `release` is the one that is meant, None: whichever is under way."""

    by: str
    at: datetime
    reason: str = ""
    release: str | None = None


class Operator:
    """Asks the controller. Every refusal is a `MarqueeError`, and nothing was asked for then."""

    def __init__(self, paths: Paths, inbox: Inbox, params: ReleaseParams, needs_approval: bool) -> None:
        self._paths, self._store, self._inbox = paths, Store(paths.releases), inbox
        self._params, self._needs_approval = params, needs_approval

    def tell(self, action: Action, wish: Wish, hours: float = 0.0) -> str:
        """Leave a command about the release under way; return what to tell the person."""
        newest = self._newest()
        if newest is None or not newest.under_way:
            raise MarqueeError("No release is under way: `release history` shows the last ones.")
        under_way = newest.id
        if wish.release not in (None, under_way):
            raise MarqueeError(f"{wish.release} is not under way: {under_way} is. Nothing was changed.")
        if not 0 <= hours <= MOST_HOURS:
            raise MarqueeError(f"--hours {hours:g}: a window is made longer by up to {MOST_HOURS:g} hours.")
        if action is Action.APPROVE and not self._waits():
            raise MarqueeError(
                f"{under_way} does not wait for approval: `release status` shows how far it is. "
                "Nothing was changed."
            )
        self._inbox.command(action, under_way, wish.by, wish.at, wish.reason, hours * 3600)
        return f"{action.value} of {under_way} is on its way to the controller."

    def roll_back(
        self, wish: Wish, version: str | None = None, require: Callable[[Build], None] = lambda build: None
    ) -> str:
        """Ask for an older release (None: the last) to serve again; `require` raises where it is gone."""
        target = self.target(version)
        require(target)
        self._inbox.request(target, wish.by, wish.at, Kind.ROLLBACK, wish.reason)
        return f"Back to {target.release}. `release status` shows how it goes."

    def target(self, version: str | None = None) -> Build:
        """Return what served everybody before the present release, or the one of these that is named."""
        serving = read_serving(self._paths)
        if serving is None:
            raise MarqueeError("Nothing has been released yet: there is nothing to go back to.")
        newest = self._newest()
        if newest is not None and newest.under_way:
            raise MarqueeError(f"{newest.id} is under way: `release abort` puts stable back.")
        # What serves is written down after the release that brought it, with a full disk much later.
        serves = serving.release if newest is None else serves_after(newest).release
        rejected = read_rejected(self._paths)
        for build in have_served(self._store.releases()):
            named = version in (build.release, build.model_version)
            usual = version is None and is_rejected(build, rejected) is None
            if build.release != serves and (named or usual):
                return build
        wanted = version or "an earlier one"
        raise MarqueeError(
            f"No release {wanted} has served everybody before: `release history` shows those that were."
        )

    def _newest(self) -> Release | None:
        """Return the newest release without its evidence; raise `StateError` where it is damaged."""
        keys = self._store.keys()
        return self._store.release(keys[0]) if keys else None

    def _waits(self) -> bool:
        """Tell whether only a person's approval is missing."""
        record = self._store.newest()
        if record is None:
            return False
        judgement = judgement_of(record, self._params)
        return waits_for_approval(record.release, judgement, self._needs_approval)
