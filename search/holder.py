"""Which indexes a process holds: the one that is wanted and the one before, each opened once."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from app.model_format import MANIFEST
from search.index_files import read_manifest
from search.index_format import BrokenIndexError

HELD = 2
T = TypeVar("T")
Seen = tuple[int, int, int, int]  # what a file's record says: it is another one once the file was written

log = logging.getLogger(__name__)


class Holder(Generic[T]):
    """Holds what `open_` makes of an index's folder. `current` below `root` is a link to the wanted version.

    `first`, where there is such a link, says instead what is wanted: an agent brings it, `root` came with the
    image. A broken or foreign index is refused with a sentence, once, and what is held stays. What was asked
    for last is held, however many have come since: who asks for it has not moved yet.
    """

    def __init__(self, root: Path, open_: Callable[[Path], T], first: Path | None = None) -> None:
        self._links, self._open = (*([first] if first else []), root / "current"), open_
        self._held: dict[str, T] = {}
        self._lock = Lock()  # one look at a time: two would open the same index twice
        self._used: str | None = None
        self._seen: dict[Path, tuple[Seen, str]] = {}  # manifests that were read and found good
        self.folders: dict[str, Path] = {}
        self.refused: dict[str, str] = {}
        self.wanted: str | None = None

    @property
    def held(self) -> Mapping[str, T]:
        """Return the indexes by version, the newest last; a dictionary that is not changed any more."""
        return self._held

    def use(self, version: str) -> T | None:
        """Return an index that is asked for, `None` where it is not held."""
        found = self._held.get(version)
        if found is not None:
            self._used = version
        return found

    def look(self) -> None:
        """Open what is wanted, unless it is held; to look again changes nothing."""
        with self._lock:
            refused: dict[str, str] = {}
            for link in self._links:
                if link is not self._links[-1] and not link.is_symlink():
                    continue
                folder = link.resolve()
                try:
                    self._take(folder)
                    break
                except BrokenIndexError as error:
                    if str(folder) not in self.refused:
                        log.warning("%s Keeping %s.", error, ", ".join(self._held) or "nothing")
                    refused[str(folder)] = str(error)
                if self._held:  # what came with the image is for who has nothing
                    break
            self.refused = refused

    def _take(self, folder: Path) -> None:
        version = self._version(folder)
        if version not in self._held:
            self._hold({**self._held, version: self._open(folder)})
        elif version != self.wanted:  # wanted again: it must not be the next to go
            others = {name: one for name, one in self._held.items() if name != version}
            self._held = {**others, version: self._held[version]}
        elif len(self._held) > HELD:
            self._hold(self._held)
        self.wanted, self.folders[version] = version, folder

    def _version(self, folder: Path) -> str:
        """Return an index's version; a manifest that is as it was is not read again, twice a second."""
        seen = _seen(folder / MANIFEST)
        known = self._seen.get(folder)
        if known is not None and seen == known[0]:
            return known[1]
        version = str(read_manifest(folder)["version"])
        if seen is not None:
            self._seen = {folder: (seen, version)}
        return version

    def _hold(self, held: Mapping[str, T]) -> None:
        kept = {*list(held)[-HELD:], self._used}
        self._held = {name: one for name, one in held.items() if name in kept}
        log.info("Holding %s", ", ".join(self._held))


def _seen(path: Path) -> Seen | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class Looking:
    """Calls a function every so many seconds, in a thread that lives on whatever happens."""

    def __init__(self, look: Callable[[], None], every_s: float) -> None:
        self._look, self._every_s = look, every_s
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._look()
            except Exception:
                log.exception("A look has failed; the next one comes in %s s", self._every_s)
