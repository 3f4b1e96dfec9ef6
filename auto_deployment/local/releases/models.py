"""What images are to containers, model folders are to plain processes: releases and instances have links.

    DATA_DIR/releases/local/models/<release id>   never moves: the model folder of a release
    DATA_DIR/releases/local/slots/<instance>      moves: what this instance runs, after a restart too

Without slots every instance follows `models/current`; the first `release deploy` makes them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.edge.nginx_config import LABEL
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_link
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import serving_of
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import NAMES
from auto_deployment.release.records import write_serving
from auto_deployment.release.release import Build

CURRENT = "current"


class GoneError(PortError):
    """The model folder of a release is not there any more."""

    exit_status = BadInputError.exit_status


@contextmanager
def on_disk(what: str) -> Iterator[None]:
    """Raise as `PortError` what the disk refuses; `what` says what does not work because of it."""
    try:
        yield
    except OSError as error:
        raise PortError(f"{what} ({error.strerror}).") from error


class ModelStore:
    """Models as releases take them. `code_revision` is that of the code which is here now."""

    def __init__(self, paths: Paths, code_revision: str) -> None:
        self._paths, self._code_revision = paths, code_revision
        self._models = paths.local_models
        self._slots = paths.local_slots

    @property
    def in_use(self) -> bool:
        """Tell whether releases say what serves."""
        return all((self._slots / name).is_symlink() for name in NAMES)

    def take_over(self) -> Build:
        """Let releases say what serves from now on, beginning with the current model, which is returned."""
        build = self.keep(CURRENT)
        write_serving(self._paths, serving_of(build, datetime.now(UTC).isoformat()))
        for name in NAMES:
            self.point(name, build.release)
        return build

    def tag(self, name: str) -> str:
        """Return the name of a release's model, or of an instance's."""
        return name

    def id_of(self, name: str) -> str:
        """Return where a release's model is; raise `GoneError` when it is gone."""
        return str(self._model(name))

    def build_of(self, image: str) -> Build:
        """Return what a model (an instance's, a version, `current`, a folder) is."""
        return self._look_into(self._find(image))

    @on_disk("A release's link cannot be written")
    def keep(self, image: str, may_move: bool = False) -> Build:
        """Give a model its link for ever; another model of that name may have it where nothing ever ran.

        Raises `BadInputError` otherwise, as what runs would not be what was asked for, and `PortError`.
        """
        folder = self._find(image)
        build = self._look_into(folder)
        self._models.mkdir(parents=True, exist_ok=True)
        link = self._models / build.release
        if link.is_symlink() and link.resolve() != folder and not may_move:
            raise BadInputError(
                f"{build.release} has been released before as another model: {link.resolve()}."
            )
        if not link.is_symlink() or link.resolve() != folder:
            replace_link(link, os.path.relpath(folder, self._models.resolve()))
        return build

    def point(self, name: str, release: str) -> None:
        """Let an instance run a release from its next start on."""
        self._model(release)
        self._slots.mkdir(parents=True, exist_ok=True)
        replace_link(self._slots / name, f"../models/{release}")

    def slot(self, name: str) -> tuple[str, Path] | None:
        """Return an instance's release and its model folder, None where every instance follows `current`."""
        if not self.in_use:
            return None
        release = (self._slots / name).readlink().name
        return release, self._model(release)

    @on_disk("Releases cannot be listed")
    def releases(self) -> list[str]:
        """Return the releases that have a link, the newest first. Raises `PortError`."""
        links = [(link.lstat().st_mtime_ns, link.name) for link in self._links()]
        return [name for _, name in sorted(links, reverse=True)]

    @on_disk("A release's link cannot be removed")
    def forget(self, release: str) -> None:
        """Remove a release's link, else raise `PortError`; the model stays where training has put it."""
        (self._models / release).unlink(missing_ok=True)

    def _links(self) -> Iterator[Path]:
        if self._models.is_dir():
            yield from (link for link in self._models.iterdir() if link.is_symlink() and link.name[0] != ".")

    def _model(self, release: str) -> Path:
        folder = (self._models / release).resolve()
        if not (folder / "manifest.json").is_file():
            raise GoneError(f"The model of release {release} is gone: {folder} is no model folder.")
        return folder

    def _find(self, image: str) -> Path:
        places = (self._slots / image, self._paths.models / image, Path(image))
        for place in places:
            if (place / "manifest.json").is_file():
                return place.resolve()
        raise BadInputError(f"{image} is no model: give a version of {self._paths.models} or a folder.")

    def _look_into(self, folder: Path) -> Build:
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            version, content_hash = str(manifest["version"]), str(manifest["content_hash"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"{folder} holds a damaged manifest.json ({error!r}).") from error
        except OSError as error:
            raise PortError(f"{folder} cannot be read ({error.strerror}).") from error
        release = f"{version}-{self._code_revision}"
        if not LABEL.fullmatch(release):
            raise BadInputError(f"{folder} calls itself {release!r}, which is no release id.")
        return Build(release, version, content_hash, self._code_revision)
