"""Bring one version from the store: checked file by file, and visible only when it is whole."""

import errno
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.artifact import ArtifactError
from app.model_format import MANIFEST, describe_file
from auto_deployment.fleet.errors import DamagedError, MissingError, RoomError
from auto_deployment.fleet.store import ModelStore
from auto_deployment.fleet.throttle import MB, Throttle
from auto_deployment.fleet.volume import Volume
from auto_deployment.host.files import replace_text

log = logging.getLogger(__name__)

ATTEMPTS = 2  # at a file that arrives damaged


@dataclass
class Counted:
    """What pulls have cost so far."""

    fetched_bytes: int = 0
    linked_bytes: int = 0
    fetched_again: int = 0


class Puller:
    """Brings versions, one at a time. `alive` is called for each part; what it raises ends the pull."""

    def __init__(
        self,
        store: ModelStore,
        volume: Volume,
        throttle: Throttle,
        min_free_mb: int,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._volume, self._throttle, self._alive = store, volume, throttle, alive
        self._min_free = min_free_mb * MB
        self.counted = Counted()

    def pull(self, version: str) -> None:
        """Bring a version; do what is left where a pull was interrupted.

        Raises `MissingError`, `DamagedError`, `RejectedError`, `StoreError` or `RoomError`; nothing of it is
        visible then, and a full disk has back what the pull took.
        """
        self._store.check(version)
        staged = self._volume.staged(version)
        try:
            files = self._stage_manifest(version, staged)["files"]
            for step in self._volume.kind.steps:
                missing = self._link(staged, {name: files[name] for name in step(staged, files)})
                self._need_room(version, staged, missing)
                for name, expected in missing.items():
                    self._fetch(version, staged / name, expected)
            self._volume.show(version)
        except ArtifactError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise DamagedError(str(error)) from error
        except (DamagedError, MissingError, RoomError):
            shutil.rmtree(staged, ignore_errors=True)
            raise
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            shutil.rmtree(staged, ignore_errors=True)
            raise RoomError(f"The disk of {self._volume.root} is full: make room for {version}.") from error

    def _stage_manifest(self, version: str, staged: Path) -> Mapping[str, Any]:
        content = self._store.manifest(version)
        path = staged / MANIFEST
        if not path.exists() or path.read_bytes() != content:
            shutil.rmtree(staged, ignore_errors=True)  # begun from another manifest
            staged.mkdir(parents=True)
            try:
                replace_text(path, content.decode())
            except UnicodeDecodeError as error:
                raise DamagedError(f"The manifest of {version} in the model store is damaged.") from error
        try:
            manifest = self._volume.kind.read(staged)
        except ArtifactError as error:
            raise DamagedError(f"{version} cannot be served: {error}") from error
        if manifest["version"] != version:
            raise DamagedError(
                f"The manifest of {version} in the model store is that of {manifest['version']}."
            )
        return manifest

    def _link(self, staged: Path, files: Mapping[str, Any]) -> dict[str, Any]:
        """Take from other versions what is the same there; return the files that are still missing."""
        known, missing = self._volume.files(), {}
        for name, expected in files.items():
            path = staged / name
            if path.exists():  # whole: it got its name only then
                continue
            source = known.get(expected["sha256"])
            if source is not None and _is(source, expected):
                self._alive()
                os.link(source, path)
                self.counted.linked_bytes += expected["bytes"]
            else:
                missing[name] = expected
        return missing

    def _need_room(self, version: str, staged: Path, missing: Mapping[str, Any]) -> None:
        """Raise `RoomError` before anything is written that the disk would not take."""
        begun = sum(path.stat().st_size for path in staged.glob("*.part"))
        needed = sum(one["bytes"] for one in missing.values()) - begun + self._min_free
        if missing and (free := self._volume.free_bytes()) < needed:
            raise RoomError(
                f"The disk of {self._volume.root} has {free // MB} MB and {version} needs {needed // MB} MB "
                "with what shall stay free: make room."
            )

    def _fetch(self, version: str, path: Path, expected: Mapping[str, Any]) -> None:
        part = path.with_name(f"{path.name}.part")
        for attempt in range(ATTEMPTS):
            self._fetch_rest(version, path.name, part, expected["bytes"])
            if _is(part, expected):
                _sync(part)
                part.rename(path)
                return
            part.unlink()
            self.counted.fetched_again += 1
            log.warning("%s of %s came damaged, attempt %d of %d", path.name, version, attempt + 1, ATTEMPTS)
        raise DamagedError(f"{path.name} of {version} in the model store is damaged: publish a model anew.")

    def _fetch_rest(self, version: str, name: str, part: Path, size: int) -> None:
        """Append what is missing of a file; one that is shorter in the store ends before."""
        address = self._store.path(version, name)
        with part.open("ab") as file:
            at = file.tell()
            while at < size:
                self._alive()
                content = self._store.files.read_part(address, at, min(at + self._throttle.chunk, size))
                if not content:
                    return
                file.write(content)
                file.flush()  # so that a kill leaves it to go on from
                at += len(content)
                self.counted.fetched_bytes += len(content)
                self._throttle.paid(len(content))


def _is(path: Path, expected: Mapping[str, Any]) -> bool:
    with suppress(FileNotFoundError):
        return describe_file(path) == expected
    return False


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
