"""The cycle's clone: made what is published, and a new version published from it."""

import json
from collections.abc import Collection

from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle.challenger import Challenger
from auto_deployment.cycle.champion import current_champion
from auto_deployment.cycle.context import Cycle
from auto_deployment.publish.data_versions import INPUTS
from auto_deployment.publish.local_remote import ensure_remote
from auto_deployment.publish.retention import Retention, choose, collect
from auto_deployment.publish.tag_message import render_tag
from auto_deployment.release.records import read_released
from auto_deployment.training.workspace import read_json, write_json

COMMITTED = ("dvc.lock", "data")


def refresh(cycle: Cycle) -> None:
    """Bring the clone to what is published; throw away what an interrupted cycle left in it."""
    publishing, project = cycle.publishing, cycle.project
    if not project.has_remote:
        bare = cycle.layout.git_remote
        ensure_remote(publishing.commands, bare, project.branch, project.root, project.params_file)
    publishing.repository.refresh()
    publishing.data.configure()
    publishing.data.restore()
    _tag_what_was_merged(cycle)


def commit(cycle: Cycle, challenger: Challenger, new_segments: int) -> None:
    """Commit the model with its data, in the clone only."""
    rmse = challenger.metrics.get("rmse")
    said = "unknown" if rmse is None else f"{rmse:.4f}"
    message = f"model: {challenger.version}\n\nRMSE {said}; {new_segments} new segments.\n"
    cycle.publishing.repository.commit(message, COMMITTED)


def push(cycle: Cycle, version: str) -> None:
    """Publish commit and tag in one step."""
    repository = cycle.publishing.repository

    def tag() -> None:
        repository.tag(version, _tag_message(cycle))

    tag()
    repository.push(version, tag)


def retain(
    cycle: Cycle, keep: int, settings: PublishSettings, *, dry_run: bool, away: Collection[str] = ()
) -> tuple[Retention, str]:
    """Let old versions go, from DVC's cache and remote; what was released stays, but for those of `away`."""
    retention = to_retain(cycle, keep, away)
    said = collect(cycle.publishing, settings, retention, dry_run=dry_run)
    if not dry_run:
        write_json(cycle.layout.collected, list(retention.gone))
    return retention, said


def to_retain(cycle: Cycle, keep: int, away: Collection[str] = ()) -> Retention:
    """Return which versions stay and which go, as of the last refresh."""
    champion = current_champion(cycle)["version"]
    protected = {*read_released(cycle.paths), *([champion] if champion else [])}
    return choose(cycle.publishing.repository.tags(), protected, keep, away)


def has_gone(cycle: Cycle, retention: Retention) -> bool:
    """Tell whether all that goes has gone before."""
    collected = cycle.layout.collected
    return not retention.gone or (
        collected.exists() and set(retention.gone) <= {*map(str, read_json(collected))}
    )


def _tag_what_was_merged(cycle: Cycle) -> None:
    """Tag the version that a person merged: its review is over."""
    if not cycle.workspace.version.exists():
        return
    repository, version = cycle.publishing.repository, str(read_json(cycle.workspace.version)["version"])
    if version not in repository.tags():
        cycle.publishing.data.restore_model()
        repository.tag(version, _tag_message(cycle))
        repository.push_tag(version)


def _tag_message(cycle: Cycle) -> str:
    clone = cycle.layout.clone
    manifest = json.loads((cycle.workspace.model / "manifest.json").read_bytes())
    # What was left to a person by a version of before has no parent.
    pointers = {
        path: pointer.read_text("utf-8") for path in INPUTS if (pointer := clone / f"{path}.dvc").exists()
    }
    return render_tag(manifest, (clone / "dvc.lock").read_text("utf-8"), pointers)
