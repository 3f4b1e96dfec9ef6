"""Images on Kubernetes: what is in one is found out by a pod that writes it down; releases are files here."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_text
from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.kubernetes.look_into import Contents, look_into
from auto_deployment.release.kubernetes.pods import SERVING, image_of
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import CANARY_NAME, STABLE_NAMES
from auto_deployment.release.release import Build

DEPLOYMENTS: Mapping[str, str] = {**dict.fromkeys(STABLE_NAMES, SERVING), CANARY_NAME: CANARY_NAME}
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,127}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A release: its build, and the image that instances of it are started from."""

    build: Build
    image: str
    image_id: str


class KubernetesImages:
    """A file for each release in `folder`; its image is named by digest where the node knows one."""

    def __init__(self, api: Api, folder: Path) -> None:
        self._api, self._folder = api, folder
        self._looked: dict[str, Contents] = {}

    def tag(self, name: str) -> str:
        """Return by which name a release, or what an instance runs, is found here."""
        return name

    def id_of(self, image: str) -> str:
        """Return the id of a release's image, an instance's or any other; raise `PortError`."""
        kept = self._read().get(image)
        return kept.image_id if kept else self._look(image).image_id

    def build_of(self, image: str) -> Build:
        """Return what is in an image; raise `BadInputError` when it is none of ours."""
        kept = self._read().get(image)
        return kept.build if kept else self._look(image).build

    def keep(self, image: str, may_move: bool = False) -> Build:
        """Write down which image a release is, for ever; another one has that name only if it `may_move`."""
        kept = self._read().get(image)
        if kept is not None:
            return kept.build
        found = self._look(image)
        build, before = found.build, self._read().get(found.build.release)
        if not LABEL.fullmatch(build.release):
            raise BadInputError(f"{image} calls itself {build.release!r}, which is no release id.")
        if before is not None and before.image_id != found.image_id and not may_move:
            raise BadInputError(
                f"{build.release} has been released before as another image ({before.image_id}): "
                "a release is one image. Deploy that one, or make a commit."
            )
        if before is None or before.image_id != found.image_id:
            # By digest it stays what it is, whatever becomes of the tag.
            pinned = found.image_id if "@" in found.image_id else found.image
            text = json.dumps(asdict(Kept(build, pinned, found.image_id)), indent=2)
            try:
                replace_text(self._file(build.release), text + "\n")
            except OSError as error:
                raise PortError(f"A release cannot be written down ({error.strerror}).") from error
        return build

    def of(self, release: str) -> str:
        """Return the image to start a release from; raise `PortError` when it is not known here."""
        kept = self._read().get(release)
        if kept is None:
            raise PortError(f"Nobody knows the image of release {release}: deploy it again.")
        return kept.image

    def release_of(self, image: str) -> str:
        """Return the release that instances of an image run; what is no release is called by its image."""
        return next((name for name, one in self._read().items() if one.image == image), image)

    def releases(self) -> list[str]:
        """Return the releases, the newest first."""
        found = self._read()
        return sorted(found, key=lambda name: self._file(name).stat().st_mtime_ns, reverse=True)

    def forget(self, release: str) -> None:
        """Forget a release; its image is the registry's, and the nodes remove their copies themselves."""
        try:
            self._file(release).unlink(missing_ok=True)
        except OSError as error:
            raise PortError(f"A release cannot be forgotten ({error.strerror}).") from error

    def _file(self, release: str) -> Path:
        return self._folder / f"{release}.json"

    def _look(self, image: str) -> Contents:
        name = DEPLOYMENTS.get(image)
        if name is None and not set(image) & set(":/"):
            raise PortError(f"{image} is no release that is known here, and no image with a tag.")
        wanted = image_of(self._api.deployment(name)) if name else image
        if wanted not in self._looked:
            self._looked[wanted] = look_into(self._api, wanted)
        return self._looked[wanted]

    def _read(self) -> dict[str, Kept]:
        try:
            files = list(self._folder.glob("*.json"))
            found = {file.stem: json.loads(file.read_bytes()) for file in files}
            return {
                name: Kept(Build(**one["build"]), one["image"], one["image_id"])
                for name, one in found.items()
            }
        except OSError as error:
            raise PortError(f"Releases cannot be read ({error.strerror}).") from error
        except (KeyError, TypeError, ValueError) as error:
            raise PortError(f"{self._folder} holds a damaged release ({error!r}).") from error
