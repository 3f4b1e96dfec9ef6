"""What an agent keeps on its node: whole versions, one that is being brought, and a link for each channel.

<root>/agent.lock  agent.json
<root>/<model>/versions/<version>/   appears by a rename: whole, or not there
<root>/<model>/staged/<version>/     being brought; goes on where it was after a kill
<root>/<model>/channels/<channel>    a link that MODEL_DIR of a service points to
"""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.artifact import ArtifactError
from auto_deployment.fleet.kinds import MODEL, Kind
from auto_deployment.fleet.names import channel_name, model_name, version_name
from auto_deployment.host.files import remove_leftovers, replace_link, sync_directory


@dataclass(frozen=True, slots=True)
class Disk:
    """What is free, and what has to be for a version like the largest here, none of whose files is."""

    free_bytes: int
    next_bytes: int


class Volume:
    """The folder of one model in an agent's volume. One agent at a time: it holds the lock."""

    def __init__(self, root: Path, model: str, kind: Kind = MODEL) -> None:
        self.root, self.kind = root, kind
        self._home = root.resolve() / model_name(model)
        self._versions, self._channels = self._home / "versions", self._home / "channels"

    def open(self) -> None:
        """Make the folders, and remove what a killed agent was about to remove."""
        for folder in (self._versions, self._home / "staged", self._channels):
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(folder)
        for path in self._versions.glob(".*.gone"):
            shutil.rmtree(path)

    def version(self, version: str) -> Path:
        return self._versions / version_name(version)

    def staged(self, version: str) -> Path:
        return self._home / "staged" / version_name(version)

    def versions(self) -> list[str]:
        """Return what is whole here, sorted by name: the newest last."""
        return sorted(path.name for path in self._versions.iterdir() if not path.name.startswith("."))

    def has(self, version: str) -> bool:
        """Tell whether what a node needs of a version is here, by sizes; hashes were checked before."""
        folder = self.version(version)
        try:
            files = self.kind.read(folder)["files"]
            return all(
                (folder / name).stat().st_size == files[name]["bytes"]
                for step in self.kind.steps
                for name in step(folder, files)
            )
        except (ArtifactError, OSError):
            return False

    def show(self, version: str) -> None:
        """Let a staged version appear, in place of one that is damaged."""
        sync_directory(self.staged(version))
        self.remove(version)
        os.rename(self.staged(version), self.version(version))
        sync_directory(self._versions)

    def link(self, channel: str) -> str | None:
        """Return the version that a channel's link points to, None before the first."""
        try:
            return Path(os.readlink(self._channels / channel_name(channel))).name
        except FileNotFoundError:
            return None

    def switch(self, channel: str, version: str) -> None:
        """Point a channel's link at a version that is here, in one step."""
        # Relative: the volume may be mounted elsewhere where it is served from.
        replace_link(self._channels / channel_name(channel), f"../versions/{version_name(version)}")

    def remove(self, version: str) -> None:
        """Remove a version; it is gone at once, its files soon after."""
        folder = self.version(version)
        gone = folder.with_name(f".{version}.gone")
        if folder.exists():
            folder.rename(gone)
            shutil.rmtree(gone)

    def drop_staged(self, keep: Collection[str] = ()) -> None:
        """Remove what was being brought and is not among `keep`."""
        for path in (self._home / "staged").iterdir():
            if path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)

    def files(self) -> dict[str, Path]:
        """Return where a file of each SHA-256 is, among the versions that are here."""
        return {one["sha256"]: path for path, one in self._described()}

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._home).free

    def disk(self, min_free_bytes: int) -> Disk:
        sizes = [sum(one["bytes"] for one in files.values()) for _, files in self._manifests()]
        return Disk(self.free_bytes(), max(sizes, default=0) + min_free_bytes)

    def _described(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for folder, files in self._manifests():
            for name, one in files.items():
                yield folder / name, one

    def _manifests(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for version in self.versions():
            folder = self.version(version)
            with suppress(ArtifactError):
                files = self.kind.read(folder)["files"]
                yield folder, {name: one for name, one in files.items() if (folder / name).exists()}


def prunable(versions: Collection[str], used: Collection[str], keep: int) -> list[str]:
    """Return what may go, oldest first: not what is used, nor the `keep` newest of the rest. Pure."""
    spare = sorted(one for one in versions if one not in used)
    return spare[: len(spare) - keep] if keep else spare
