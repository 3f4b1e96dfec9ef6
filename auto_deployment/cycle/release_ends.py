"""What the end of a release means for the model store: told once, owed while the store is away."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from auto_deployment.errors import MarqueeError
from auto_deployment.fleet.errors import MissingError, RejectedError
from auto_deployment.fleet.names import CANARY, STABLE
from auto_deployment.fleet.store import ModelStore
from auto_deployment.host.codec import to_plain
from auto_deployment.host.faults import Faults
from auto_deployment.host.files import replace_text
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import rejection
from auto_deployment.release.release import Phase, Release
from auto_deployment.release.store import Store

log = logging.getLogger(__name__)

ROUND_S = 15.0


class ReleaseEnds:
    """Follows the files of releases; where it is stands in a file of its own: a kill loses nothing."""

    def __init__(self, paths: Paths, store: ModelStore) -> None:
        self._paths, self._store, self._releases = paths, store, Store(paths.releases)

    def step(self, now: datetime) -> int:
        """Tell the store of each release that has ended since; return how many. Raise what the store does."""
        owed = self._owed()
        for number, release in enumerate(owed):
            try:
                tell(release, self._store, now)
            except (MissingError, RejectedError) as error:
                if number == len(owed) - 1:
                    raise  # it may be published yet
                log.warning("The end of release %s is left out of the model store: %s", release.id, error)
            replace_text(self._paths.store_told, f"{self._name(release)}\n")
        return len(owed)

    def _owed(self) -> list[Release]:
        """Return what ended after the last that was told, oldest first; the first time only the last end."""
        told = self._told()
        found = []
        for record in self._releases.history():
            if told and self._name(record.release) <= told:
                break
            if not record.release.under_way:
                found.append(record.release)
                if not told:
                    break
        return found[::-1]

    def _told(self) -> str:
        try:
            return self._paths.store_told.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def _name(self, release: Release) -> str:
        return self._releases.path(release).name


def tell(release: Release, store: ModelStore, now: datetime) -> None:
    """Let the store's channels follow a release's end; saying it again changes nothing.

    What is promoted is what `stable` wants, and `canary` where it wanted what is replaced. What is not gives
    `canary` back, unless that wants another one by now. What is rejected is never delivered again.
    """
    ruled_out = rejection(release)
    if ruled_out is not None and ruled_out.content_hash:
        store.reject(ruled_out.content_hash, to_plain(ruled_out))
    seen, new, old = store.channels(), release.candidate.model_version, release.stable.model_version
    canary = seen.channels.wanted.get(CANARY)
    if release.phase is Phase.PROMOTED:
        store.move({STABLE: new} | ({CANARY: new} if canary == old else {}), now, seen)
    elif canary == new:
        store.move({CANARY: old}, now, seen)


@contextmanager
def following(paths: Paths, open_store: Callable[[], ModelStore] | None) -> Iterator[None]:
    """Tell a store of releases from a thread of its own: a slow one delays no release. None: nobody."""
    if open_store is None:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(
        target=follow, args=(paths, open_store, stop.wait), name="release-ends", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=1.0)  # one that hangs is not waited for: it is told again


def follow(paths: Paths, open_store: Callable[[], ModelStore], wait: Callable[[float], bool]) -> None:
    """Tell a store of releases until `wait` says to stop."""
    faults = Faults("Telling the model store of releases")
    while True:
        now = datetime.now(UTC)
        try:
            ReleaseEnds(paths, open_store()).step(now)
        except (MarqueeError, OSError) as error:
            faults.log(error, now)
        if wait(ROUND_S):
            return
