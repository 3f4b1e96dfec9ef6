"""Which versions keep their data and models, and the removal of the rest."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish.data_versions import DataVersions
from auto_deployment.publish.factory import Publishing
from auto_deployment.publish.repository import REVIEW, TAGS


@dataclass(frozen=True, slots=True)
class Retention:
    """Versions whose payloads stay and go, oldest first. Tags, and so provenance, stay in any case."""

    kept: tuple[str, ...]
    gone: tuple[str, ...]


def choose(
    versions: Sequence[str], protected: Collection[str], keep: int, away: Collection[str] = ()
) -> Retention:
    """Keep the newest, and whatever was released, serves, or is the champion, but none of `away`. Pure."""
    ordered = sorted(versions)
    newest = set(ordered[-keep:]) if keep else set()
    kept = tuple(one for one in ordered if (one in newest or one in protected) and one not in away)
    return Retention(kept, tuple(one for one in ordered if one not in kept))


def collect(publishing: Publishing, settings: PublishSettings, retention: Retention, *, dry_run: bool) -> str:
    """Remove from DVC's cache and remote what only versions that go, or nobody, use; return what DVC says.

    DVC keeps what the tags of a repository use, so it is asked in a copy that has only the tags that stay,
    and one for each version that waits for review.
    """
    layout = publishing.layout
    copy = layout.retention
    shutil.rmtree(copy, ignore_errors=True)
    try:
        publishing.commands.at(layout.root).git("clone", "--quiet", str(layout.clone), str(copy))
        inside = publishing.commands.at(copy)
        if retention.gone:
            inside.git("tag", "--delete", *(f"{TAGS}{version}" for version in retention.gone))
        refs = f"refs/remotes/origin/{REVIEW}*:refs/tags/{REVIEW}*"
        inside.git("fetch", "--quiet", "--no-tags", str(layout.clone), refs)
        data = DataVersions(inside, settings.dvc_remote or str(layout.dvc_remote), layout.dvc_cache)
        data.configure()
        return data.collect(dry_run=dry_run)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
