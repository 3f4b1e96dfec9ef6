"""A folder as the cycle leaves it for the flow, and the flow's steps on it."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.artifact import load
from app.model_format import manifest_bytes, sealed
from auto_deployment.paths import Paths
from auto_deployment.training.evaluate import stage as evaluate
from auto_deployment.training.gate import stage as gate_stage
from auto_deployment.training.gate.checks import GateParams, GateResult
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.train import stage as train
from auto_deployment.training.workspace import Workspace, write_json
from tests.support.cycle.gate import SHIPPED_GATE
from tests.support.training import RatingRow, WatchRow, small_params, taste_rows, write_data

SMALL = small_params()
ROWS = taste_rows()
# Sixty users and forty movies: what the gate asks of a whole platform is too much for them.
LOOSE: GateParams = replace(SHIPPED_GATE, bias_margin=-0.05, new_events_min=100)
NOBODY = {"version": None, "content_hash": None, "source": "there is no published model yet"}


def make_workspace(
    root: Path, ratings: Sequence[RatingRow] = ROWS, watches: Sequence[WatchRow] = (), **facts: Any
) -> Workspace:
    """Put events in, and what the cycle knows: `champion`, `intake`, `rejected`, `version`."""
    workspace = Workspace(root)
    if ratings or watches:
        write_data(Paths(root), ratings, watches)
    else:
        workspace.segments.mkdir(parents=True)
        workspace.catalog.mkdir()
    write_json(workspace.champion_facts, facts.get("champion", NOBODY))
    write_json(workspace.intake, facts.get("intake", {"damaged": {}, "drift": {}}))
    write_json(workspace.rejected, facts.get("rejected", []))
    write_json(workspace.version, facts.get("version", {"version": "20260201T0000-01234567"}))
    return workspace


def run_stages(
    workspace: Workspace, params: TrainingParams = SMALL, gate: GateParams = SHIPPED_GATE
) -> GateResult:
    """Take every step up to the gate."""
    prepare.run(workspace, params.prepare)
    train.run(workspace, params)
    evaluate.run(workspace, params)
    return gate_stage.run(workspace, gate, params.train.seed)


def failed_of(result: GateResult) -> dict[str, str]:
    """Return the sentences of the checks that did not pass, by name."""
    return {check.name: check.sentence for check in result.failed}


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def crown(workspace: Workspace, **changes: Any) -> None:
    """Make the candidate the champion, its manifest changed as asked."""
    shutil.rmtree(workspace.champion, ignore_errors=True)
    shutil.copytree(workspace.candidate, workspace.champion)
    if changes:
        manifest = load(workspace.champion).manifest
        (workspace.champion / "manifest.json").write_bytes(manifest_bytes(sealed({**manifest, **changes})))
    write_json(workspace.champion_facts, {"version": "v1", "content_hash": None, "source": "it serves"})


def judge_again(workspace: Workspace) -> dict[str, str]:
    evaluate.run(workspace, SMALL)
    return failed_of(gate_stage.run(workspace, LOOSE, SMALL.train.seed))
