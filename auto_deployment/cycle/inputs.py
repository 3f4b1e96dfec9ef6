"""What the flow of a cycle depends on, put into the clone: segments, champion, and what is known of both."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auto_deployment.cycle.champion import current_champion
from auto_deployment.cycle.context import Cycle
from auto_deployment.cycle.link_segments import Intake, mark_linked, take_segments
from auto_deployment.cycle.parent import put_parent
from auto_deployment.dataset.corrections.joining import join_corrections
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.host.locks import BusyError, only_one
from auto_deployment.ingest.drift.findings import findings_since
from auto_deployment.release.records import ARTEFACT, read_rejected
from auto_deployment.training.workspace import read_json, write_json

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a cycle begins with; `drift` is what ingest has found since the last model.

    `parent` is the version that the model goes on from, None where it is trained from nothing. `changed`
    tells whether the flow would do anything for them but name the same model anew.
    """

    intake: Intake
    champion: Mapping[str, Any]
    drift: Mapping[str, Any]
    changed: bool
    parent: str | None = None


def rewrite_segments(cycle: Cycle) -> None:
    """Take the events of forgotten users out of the segments, and join corrections.

    What cannot be done now, readers pass over.
    """
    try:
        with only_one(cycle.paths.compaction_lock, "Joining segments"):
            rewritten = rewrite(cycle.paths)
            # What is published stays as it is: so a version has one more at most.
            join_corrections(cycle.paths, datetime.now(UTC), at_least=2)
    except BusyError as busy:
        log.info("No segment is written anew: %s", busy)
        return
    if rewritten.put_off:
        log.info("%d segments that hold events of forgotten users wait for readers", len(rewritten.put_off))


def take_in(cycle: Cycle, continue_from: str | None = None) -> Inputs:
    """Put everything in that the flow depends on; call with `reading(paths.segments)` held."""
    mark_linked(cycle)  # a cycle that was killed after its push has not done so
    intake = take_segments(cycle.paths, cycle.layout.clone)
    champion, drift = _put_champion(cycle), _put_notes(cycle, intake)
    parent = put_parent(cycle, continue_from)
    return Inputs(intake, champion, drift, cycle.publishing.data.take_in(), parent)


def why_unchanged(cycle: Cycle) -> str:
    """Say what has not changed since which version."""
    version = read_json(cycle.workspace.version)["version"]
    return (
        f"Nothing has changed since {version}: no new segment, the same parameters and champion, and the "
        "same code of every step up to the gate."
    )


def _put_champion(cycle: Cycle) -> dict[str, Any]:
    champion, publishing = current_champion(cycle), cycle.publishing
    write_json(cycle.workspace.champion_facts, champion)
    version = champion["version"]
    publishing.data.use_model(None if version is None else publishing.repository.show(version, "dvc.lock"))
    return champion


def _put_notes(cycle: Cycle, intake: Intake) -> dict[str, Any]:
    drift = findings_since(cycle.paths.drift_findings, _last_published(cycle))
    write_json(cycle.workspace.intake, {"damaged": intake.damaged, "drift": drift})
    rejected = [one for one in read_rejected(cycle.paths) if one.kind == ARTEFACT and one.content_hash]
    facts = [{"content_hash": one.content_hash, "reason": one.reason} for one in rejected]
    write_json(cycle.workspace.rejected, facts)
    return drift


def _last_published(cycle: Cycle) -> datetime | None:
    if not cycle.workspace.version.exists():
        return None
    return datetime.fromisoformat(read_json(cycle.workspace.version)["created_at"])
