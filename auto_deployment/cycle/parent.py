"""The model whose weights a challenger goes on from: none, unless somebody names one."""

from auto_deployment.cycle.champion import NOBODY, current_champion
from auto_deployment.cycle.context import Cycle
from auto_deployment.cycle.forgotten import look_for_forgotten
from auto_deployment.publish.data_versions import PARENT
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.tag_message import content_hash
from auto_deployment.release.records import read_rejected
from auto_deployment.training.workspace import read_json

LOCAL = "local"  # the engine that can go on from another model
CHAMPION = "champion"  # whichever version that is
INSTEAD = "`marquee retrain` trains from nothing"


def put_parent(cycle: Cycle, wanted: str | None) -> str | None:
    """Put the named version's model in, or a note that there is none; return the version.

    Raises `PublishError` where it is not there any more, or nothing may be made of it.
    """
    version = None if wanted is None else _find(cycle, wanted)
    if version is not None and cycle.project.engine != LOCAL:
        raise PublishError(
            f"{version} cannot be continued, TRAIN_ENGINE is {cycle.project.engine}: set it to {LOCAL}, or "
            f"{INSTEAD}."
        )
    publishing = cycle.publishing
    lock = None if version is None else publishing.repository.show(version, "dvc.lock")
    publishing.data.use_model(lock, PARENT)
    if cycle.project.engine != LOCAL:
        # Among what the stage `train` depends on: DVC takes no model of the other engine for this one's.
        (cycle.workspace.parent / "engine").write_text(f"{cycle.project.engine}\n", "utf-8")
    return version


def _find(cycle: Cycle, wanted: str) -> str:
    version = current_champion(cycle)["version"] if wanted == CHAMPION else wanted
    if version is None:
        raise PublishError(f"There is no champion to continue from, {NOBODY}: {INSTEAD}.")
    messages = cycle.publishing.repository.messages()
    if version not in messages:
        raise PublishError(
            f"{version} cannot be continued, it was never published: `git tag --list 'model/*'` in "
            f"{cycle.layout.clone} lists what was, and {INSTEAD}."
        )
    if reason := _why_not(cycle, version, content_hash(messages[version])):
        raise PublishError(f"{version} cannot be continued, {reason}: name another version, or {INSTEAD}.")
    return version


def _why_not(cycle: Cycle, version: str, content: str | None) -> str | None:
    """Return what speaks against a version that was published."""
    collected = cycle.layout.collected
    if version in (read_json(collected) if collected.exists() else ()):
        return "its model was removed as an old one"
    if content in {one.content_hash for one in read_rejected(cycle.paths) if one.content_hash}:
        return "a release has rejected it"
    if version in look_for_forgotten(cycle).holds:
        return "it was made of events of somebody who has asked to be forgotten"
    return None
