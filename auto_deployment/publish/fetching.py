"""The model of a published version, brought to whoever builds an image of it."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from auto_deployment.config.publish import PublishSettings
from auto_deployment.host.files import making, remove_leftovers
from auto_deployment.paths import CycleLayout
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.data_versions import INDEX, MODEL, DataVersions
from auto_deployment.publish.errors import CommandError, PublishError, UnreachableError
from auto_deployment.publish.factory import git_environ
from auto_deployment.publish.repository import TAGS, Repository
from auto_deployment.publish.tag_message import content_hash


@dataclass(frozen=True, slots=True)
class Fetched:
    """A version and the folder that its model is in for now."""

    version: str
    folder: Path
    index: Path | None = None  # what words find movies with, where it was asked for and there is one


class NothingPublishedError(PublishError):
    """There is no version that may be released."""


def newest(hashes: Mapping[str, str | None], rejected: Collection[str]) -> str | None:
    """Return the newest version whose content is known and not rejected, None without one. Pure."""
    return max(
        (version for version, content in hashes.items() if content not in {None, *rejected}), default=None
    )


@contextmanager
def fetched_model(
    layout: CycleLayout,
    settings: PublishSettings,
    version: str | None,
    rejected: Collection[str],
    *,
    with_index: bool = False,
) -> Iterator[Fetched]:
    """Yield the model of a version, the newest that may be released without one; it is gone afterwards.

    Works in a clone of its own, so that a cycle may run meanwhile. Raises `NothingPublishedError`, or
    `PublishError` when the version cannot be had.
    """
    remove_leftovers(layout.root)
    with making(layout.fetched(uuid4().hex)) as copy:
        copy.mkdir(mode=0o700)
        commands = Commands(copy, git_environ(settings, layout), secrets=settings.secrets())
        repository = _clone(commands, layout, settings)
        hashes = {name: content_hash(message) for name, message in repository.messages().items()}
        chosen = version or newest(hashes, rejected)
        if chosen is None:
            raise NothingPublishedError("No model that may be released has been published yet.")
        if chosen not in hashes:
            raise PublishError(f"{chosen} was never published: `marquee release history` says what was.")
        commands.git("checkout", "--quiet", "--detach", f"{TAGS}{chosen}")
        data = DataVersions(commands, settings.dvc_remote or str(layout.dvc_remote), layout.dvc_cache)
        data.configure()
        data.restore_model()
        has_index = with_index and data.restore_index()
        yield Fetched(chosen, copy / MODEL, copy / INDEX if has_index else None)


def _clone(commands: Commands, layout: CycleLayout, settings: PublishSettings) -> Repository:
    remote = settings.git_remote or str(layout.git_remote)
    if settings.git_remote is None and not layout.git_remote.exists():
        raise NothingPublishedError("No retraining cycle has run here yet: nothing has been published.")
    try:
        commands.git("clone", "--quiet", "--no-checkout", remote, str(commands.folder))
    except CommandError as error:
        raise UnreachableError(f"The git remote cannot be reached: {error}") from error
    return Repository(commands, remote, settings.git_branch)
