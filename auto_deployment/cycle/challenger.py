"""The model that a cycle trains: its name, and what the flow measured and decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.model_format import MANIFEST
from auto_deployment.cycle.context import Cycle
from auto_deployment.dataset.segments import data_hash
from auto_deployment.publish.naming import check_new
from auto_deployment.training.provenance import model_version
from auto_deployment.training.workspace import read_json, write_json

FULL, CONTINUED = "full", "continued"


@dataclass(frozen=True, slots=True)
class Challenger:
    """A trained model with `gate.json`, `summary.json` and `profile.json`."""

    version: str
    gate: Mapping[str, Any]
    metrics: Mapping[str, Any]
    profile: Mapping[str, Any]
    index: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether the gate let it pass; a verdict that says nothing did not."""
        return bool(self.gate and self.gate["passed"])

    @property
    def needs_review(self) -> bool:
        """Tell whether its lists go beyond the limits; a gate of an older version compared none."""
        return bool(self.gate.get("lists", {}).get("review"))


def name_model(cycle: Cycle, now: datetime, parent: str | None = None) -> str:
    """Give the model that will be trained its name; with a parent it goes on from that one's weights."""
    repository = cycle.publishing.repository
    version = model_version(now, data_hash(cycle.workspace.segments))
    check_new(version, repository.tags())
    facts = {
        "version": version,
        "created_at": now.isoformat(timespec="seconds"),
        "kind": FULL if parent is None else CONTINUED,
        "parent": parent,
        "code_revision": repository.head(),
        "code_is_dirty": False,
    }
    write_json(cycle.workspace.version, facts)
    return version


def reproduce(cycle: Cycle, version: str) -> Challenger:
    """Run the flow."""
    cycle.publishing.data.reproduce()
    workspace = cycle.workspace
    found = (workspace.gate_result, workspace.metrics_summary, workspace.data_profile)
    index = workspace.index / MANIFEST
    gate, metrics, profile = map(read_json, found)
    made = str(read_json(index)["version"]) if index.exists() else None
    return Challenger(version, gate, metrics, profile, made)


def why_refused(challenger: Challenger) -> str:
    """Return what the gate said of every check that did not pass."""
    failed = [one["sentence"] for one in (challenger.gate or {"checks": ()})["checks"] if not one["passed"]]
    return f"{challenger.version} was refused by the gate: {' '.join(failed)}"


def why_review(challenger: Challenger) -> str:
    """Return what the gate said of every limit that the lists go beyond."""
    beyond = [one["sentence"] for one in challenger.gate["lists"]["checks"] if not one["passed"]]
    return f"{challenger.version} passed the gate, and its lists differ much: {' '.join(beyond)}"
