"""Every version there is: tags and branches of the cycle's clone, and models that were trained here."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from auto_deployment.console.models.clone import Clone
from auto_deployment.console.models.version import Facts, Place, Version, is_version
from auto_deployment.paths import Paths
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.tag_message import TagError, read_tag

MANIFEST = "manifest.json"
# Of a branch, in this order: what its tag would say, but for DVC's hashes.
REVIEWED = (
    "data/version.json",
    "data/metrics/model.json",
    "data/metrics/summary.json",
    "data/gate/gate.json",
    "data/champion.json",
)
LISTED = ("metrics", "gate")  # the rest is long, and a page of one version reads it anew
NEWEST_REVIEWS = 20  # nobody deletes old branches, and each is a question to git


def all_versions(paths: Paths) -> tuple[list[Version], list[str]]:
    """Return the versions, newest first, each once, and what could not be read."""
    trouble: list[str] = []
    found: dict[str, Version] = {}
    for version in (*_trained(paths), *_of_clone(paths, trouble)):
        found[version.name] = version  # what is published is more than what was trained
    return [found[name] for name in sorted(found, reverse=True)], trouble


def all_names(paths: Paths) -> list[str]:
    """Return the names of all versions, newest first, without what is known of them."""
    clone = Clone(paths)
    trained = {
        path.parent.name for path in paths.models.glob(f"*/{MANIFEST}") if not path.parent.is_symlink()
    }
    try:
        known = [*clone.names(), *clone.reviews()] if clone.is_there else []
    except PublishError:
        known = []
    return sorted({name for name in {*trained, *known} if is_version(name)}, reverse=True)


def trained_version(paths: Paths, name: str) -> Version | None:
    """Return a model that was trained here, None where there is none of this name."""
    path = paths.models / name / MANIFEST
    return _read_manifest(path) if path.is_file() else None


def review_version(clone: Clone, name: str) -> Version:
    """Return a version whose branch waits for a person."""
    try:
        return Version(name, Place.REVIEW, _review_facts(*clone.review_files(name, list(REVIEWED))))
    except (PublishError, ValueError, TypeError) as error:
        return Version(name, Place.REVIEW, damage=f"Its branch cannot be read: {error}")


def _of_clone(paths: Paths, trouble: list[str]) -> Iterator[Version]:
    clone = Clone(paths)
    if not clone.is_there:
        return
    try:
        published, reviews = _published(paths, clone.refs()), clone.reviews()
    except PublishError as error:
        trouble.append(
            f"The cycle's clone {clone.folder} cannot be read, so that published versions are missing here; "
            f"the next retraining cycle makes it anew. {error}"
        )
        return
    known = {version.name for version in published}
    waiting = [name for name in reviews if is_version(name) and name not in known]
    for name in waiting[:NEWEST_REVIEWS]:
        yield review_version(clone, name)
    yield from published


@lru_cache(maxsize=1)
def _published(paths: Paths, refs: str) -> tuple[Version, ...]:
    """Return what tags say, which never changes while `refs` stays: only what a list of versions shows."""
    return tuple(_tagged(name, message) for name, message in Clone(paths).messages().items())


def _tagged(name: str, message: str) -> Version:
    try:
        facts = read_tag(message)
        return Version(name, Place.PUBLISHED, {part: facts[part] for part in LISTED if part in facts})
    except TagError as error:
        return Version(name, Place.PUBLISHED, damage=f"Its tag says nothing of it: {error}.")


def _trained(paths: Paths) -> Iterator[Version]:
    for path in sorted(paths.models.glob(f"*/{MANIFEST}")):
        if not path.parent.is_symlink() and is_version(path.parent.name):
            yield _read_manifest(path)


def _read_manifest(path: Path) -> Version:
    name = path.parent.name
    try:
        facts = json.loads(path.read_bytes())
        if not isinstance(facts, dict):
            raise ValueError("it is no object")
    except (OSError, ValueError) as error:
        return Version(name, Place.HERE, damage=f"{path} cannot be read ({error}): train again.")
    return Version(name, Place.HERE, facts)


def _review_facts(version: Any, metrics: Any, summary: Any, gate: Any, champion: Any) -> Facts:
    about = {name: metrics[name] for name in ("data", "split")}
    return {**metrics["model"], **about, **version, "metrics": summary, "gate": gate, "champion": champion}
