"""The model store: published versions of one model, which of them each channel wants, what is rejected.

`models/<name>/<version>/` is a model's folder, its manifest written last: a version without does not exist.
"""

import json
from collections.abc import Mapping, Set
from datetime import datetime
from pathlib import Path, PurePosixPath

from app.artifact import ArtifactError
from app.model_format import MANIFEST, describe_file
from auto_deployment.errors import BadInputError
from auto_deployment.fleet.channels import Channels, Read, parse, render
from auto_deployment.fleet.errors import (
    ChangedError,
    DamagedError,
    MissingError,
    RejectedError,
    UsedError,
)
from auto_deployment.fleet.files import Files
from auto_deployment.fleet.kinds import INDEX, MODEL, Kind, index_name
from auto_deployment.fleet.names import CHANNELS, REJECTED, channel_name, model_name, version_name


class ModelStore:
    """One model's part of a store. Everything raises `StoreError` while the store is away."""

    def __init__(self, files: Files, name: str, kind: Kind = MODEL) -> None:
        self.files, self.name, self._kind = files, model_name(name), kind

    def of_indexes(self) -> "ModelStore":
        """Return the part of the indexes that were published with this model's versions."""
        return ModelStore(self.files, index_name(self.name), INDEX)

    def path(self, *names: str) -> str:
        return str(PurePosixPath("models", self.name, *names))

    def versions(self) -> list[str]:
        """Return the versions that exist, sorted by name."""
        found = [one for one in self.files.names(self.path()) if one not in (CHANNELS, REJECTED)]
        return [one for one in found if not one.startswith(".") and self.has(one)]

    def has(self, version: str) -> bool:
        return self._manifest_of(version) is not None

    def manifest(self, version: str) -> bytes:
        """Return a version's manifest as it is written; raise `MissingError` where there is none."""
        content = self._manifest_of(version)
        if content is None:
            raise MissingError(f"The model store has no version {version} of {self.name}.")
        return content

    def publish(self, folder: Path) -> str:
        """Store a model's folder and return its version; a version that is there stays as it is.

        Raises `BadInputError` when the folder is no whole model, or another one has its version already.
        """
        try:
            manifest = self._kind.read(folder)
        except ArtifactError as error:
            raise BadInputError(str(error)) from error
        version = version_name(str(manifest["version"]))
        content = (folder / MANIFEST).read_bytes()
        if (found := self._manifest_of(version)) is not None:
            if found != content:
                raise BadInputError(
                    f"The model store has another {version}: a published version never changes."
                )
            return version
        for name, expected in manifest["files"].items():
            if describe_file(folder / name) != expected:
                raise BadInputError(f"{folder / name} is damaged: nothing that counts was published.")
            self.files.upload(folder / name, self.path(version, name))
        self.files.upload(folder / MANIFEST, self.path(version, MANIFEST))
        return version

    def channels(self) -> Read:
        """Return what each channel wants; nothing before the first change."""
        content, tag = self.files.read_tagged(self.path(CHANNELS))
        if tag is None:
            return Read(Channels(), None)
        return Read(parse(content, self.path(CHANNELS)), tag)

    def move(self, changes: Mapping[str, str], now: datetime, seen: Read | None = None) -> Channels:
        """Let channels want other versions, in one step; return what is wanted then.

        Raises `ChangedError` when somebody has changed the channels since `seen` (now, if it is not given),
        `MissingError` for a version that is not there, `RejectedError` for one that is ruled out.
        """
        seen = seen or self.channels()
        for channel, version in changes.items():
            channel_name(channel)
            self.check(version)
        if all(seen.channels.wanted.get(channel) == version for channel, version in changes.items()):
            return seen.channels
        wanted = seen.channels.with_(changes, now)
        try:
            self.files.swap(self.path(CHANNELS), render(wanted), seen.tag)
        except ChangedError as error:
            raise ChangedError(f"{error} Look what is wanted now, and say it again.") from error
        return wanted

    def check(self, version: str) -> None:
        """Raise `MissingError` or `RejectedError` unless a version may be delivered."""
        hashed = content_hash_of(self.manifest(version_name(version)), version)
        if hashed in self.rejected():
            raise RejectedError(f"A release has rejected the model {version}: it is not delivered.")

    def delete(self, version: str, now: datetime) -> None:
        """Remove a version; raise `UsedError` where a channel wants it, `MissingError` where nothing is left.

        Its manifest goes first: it does not exist from then on. A channel that was moved to it at that moment
        is noticed, as the channels are changed in between, too; then the version is there again.
        """
        names = self.files.names(self.path(version_name(version)))
        if not names:
            raise MissingError(f"The model store has no version {version} of {self.name}.")
        content = self._manifest_of(version)
        self._need_unwanted(version)
        if content is not None:
            self.files.remove(self.path(version, MANIFEST))
            while not self._changed_without(version, content, now):
                pass
        for name in names:
            self.files.remove(self.path(version, name))

    def _changed_without(self, version: str, manifest: bytes, now: datetime) -> bool:
        """Change the channels, so that nobody who looked before can; tell whether nobody was faster."""
        seen = self.channels()
        if version in seen.channels.wanted.values():
            self.files.write(self.path(version, MANIFEST), manifest)
            self._need_unwanted(version)
        try:
            self.files.swap(self.path(CHANNELS), render(seen.channels.with_({}, now)), seen.tag)
        except ChangedError:
            return False
        return True

    def _need_unwanted(self, version: str) -> None:
        wanted = self.channels().channels.wanted
        if wants := sorted(channel for channel, one in wanted.items() if one == version):
            raise UsedError(
                f"{' and '.join(wants)} want{'s' * (len(wants) == 1)} {version}: let another be wanted first."
            )

    def reject(self, content_hash: str, why: Mapping[str, str]) -> None:
        """Rule a model out by its content, for good; saying it again changes nothing."""
        path = self.path(REJECTED, version_name(content_hash))
        self.files.write(path, (json.dumps(dict(why), indent=1) + "\n").encode())

    def rejected(self) -> Set[str]:
        """Return the content hashes of what is never delivered."""
        return {one for one in self.files.names(self.path(REJECTED)) if not one.startswith(".")}

    def _manifest_of(self, version: str) -> bytes | None:
        try:
            return self.files.read(self.path(version_name(version), MANIFEST))
        except MissingError:
            return None


def content_hash_of(manifest: bytes, version: str) -> str:
    """Return the content hash that a manifest names; raise `DamagedError` where it is none."""
    try:
        return str(json.loads(manifest)["content_hash"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"The manifest of {version} in the model store is damaged: publish it again."
        ) from error
