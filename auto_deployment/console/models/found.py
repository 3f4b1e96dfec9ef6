"""One version, wherever it is: its provenance, and the pages and files that were written with it."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from auto_deployment.console.models.clone import Clone
from auto_deployment.console.models.sources import review_version, trained_version
from auto_deployment.console.models.version import Place, Version, is_version, mappings
from auto_deployment.console.page import MissingError
from auto_deployment.paths import Paths
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.lookup import Found
from auto_deployment.publish.tag_message import TagError, dvc_hashes

GATE_PAGE, LIST_PAGE, PROFILE = "data/gate/gate.md", "data/gate/lists.html", "data/metrics/profile.json"


class OneVersion:
    """`found` is its provenance; None where that cannot be read, and then `version.damage` says why."""

    def __init__(self, paths: Paths, name: str) -> None:
        """Look it up; raise `MissingError` where there is none."""
        if not is_version(name):
            raise MissingError(f"{name} is no name of a version: those on the page Models are.")
        self._paths, self._clone = paths, Clone(paths)
        self.version, self.found = self._published(name) or self._other(name)

    @property
    def has_verdict(self) -> bool:
        """Tell whether it went through a cycle: `marquee train` asks no gate."""
        return self.version.place is not Place.HERE

    def file(self, path: str) -> str | None:
        """Return a file that was published with it, None where there is none."""
        if not self.has_verdict or not self._clone.is_there:
            return None
        try:
            return self._clone.file(self.version.name, path)
        except PublishError:
            return None

    def report(self) -> str | None:
        """Return the report as a page, None where it is not on this host."""
        written = self._paths.reports / self.version.name / "report.html"
        digest = self._report_digest() if self.has_verdict else None
        stored = self._clone.stored(digest, "report.html") if digest else None
        for path in (stored, written):
            if path is not None and path.is_file():
                return path.read_text("utf-8", "replace")
        return None

    def profile(self) -> Mapping[str, Any]:
        """Return what the model was made of, by day and group; nothing where that was not kept."""
        text = self.file(PROFILE)
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _published(self, name: str) -> tuple[Version, Found | None] | None:
        if not self._clone.is_there:
            return None
        try:
            found = self._clone.look_up(name)
        except PublishError as error:
            is_damaged = isinstance(error.__cause__, TagError)
            return (Version(name, Place.PUBLISHED, damage=str(error)), None) if is_damaged else None
        return Version(name, Place.PUBLISHED, found.facts), found

    def _other(self, name: str) -> tuple[Version, Found | None]:
        try:
            waits = self._clone.is_there and name in self._clone.reviews()
        except PublishError:
            waits = False
        version = review_version(self._clone, name) if waits else trained_version(self._paths, name)
        if version is None:
            raise MissingError(f"There is no version {name}: the page Models has all of them.")
        return version, None if version.damage else Found(version.facts, "", "", None)

    def _report_digest(self) -> str | None:
        found = next(mappings(self.version.facts, "dvc")).get("data/report")
        if found is None and (lock := self.file("dvc.lock")) is not None:
            try:
                found = dvc_hashes(lock, {}).get("data/report")
            except (yaml.YAMLError, KeyError, TypeError, AttributeError):
                return None
        return found if isinstance(found, str) else None
