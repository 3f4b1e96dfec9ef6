"""The steps of `dvc.yaml`: each reads what those before it wrote; the same input gives the same output."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from app.artifact import ArtifactError, Model, load, save
from app.recommender import Recommender
from auto_deployment.training.challenge import against_champion
from auto_deployment.training.data import load_data
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate import evaluate
from auto_deployment.training.gate import GateFacts, judge_model
from auto_deployment.training.gate_checks import GateParams, GateResult
from auto_deployment.training.gate_page import render_gate
from auto_deployment.training.metrics import MODEL_FIELDS, assemble_metrics, summarize
from auto_deployment.training.model_store import remove_leftovers
from auto_deployment.training.options import PrepareParams, TrainingParams
from auto_deployment.training.prepared import read_prepared, write_prepared
from auto_deployment.training.probe import probe
from auto_deployment.training.profile import profile_of
from auto_deployment.training.split import split_by_time
from auto_deployment.training.train import fit
from auto_deployment.training.trainset import make_trainset
from auto_deployment.training.workflow import describe_fit
from auto_deployment.training.workspace import Workspace, read_json, write_json

UNNAMED = "candidate"  # a model is named when it is packaged: its content must not depend on the hour
COMPARISON = "comparison.json"


def prepare(workspace: Workspace, params: PrepareParams) -> str:
    """Read the segments and split them by time."""
    data = load_data(workspace.segments, workspace.catalog, params)
    split = split_by_time(data.interactions, params)
    write_prepared(workspace.prepared, data, split)
    return f"{len(split.train):,} events to learn from, {len(split.test):,} held out ({split.kind})"


def train(workspace: Workspace, params: TrainingParams) -> str:
    """Fit both models and write them as an artefact that has no name yet."""
    prepared = read_prepared(workspace.prepared)
    fitted = fit(make_trainset(prepared.train), prepared.movies, params.train)
    details = {"version": UNNAMED, **prepared.facts, **describe_fit(fitted, params)}
    manifest = _save_anew(workspace.candidate, fitted.arrays, fitted.movies, details)
    return f"Content {manifest['content_hash'][:12]}"


def evaluate_stage(workspace: Workspace, params: TrainingParams) -> Mapping[str, Any]:
    """Measure the candidate, alone and against the champion, and write what was found."""
    prepared = read_prepared(workspace.prepared)
    model = _open(workspace.candidate)
    measured = evaluate(
        Recommender(model), make_trainset(prepared.train), prepared.test, prepared.users, params
    )
    metrics = assemble_metrics(model.manifest, measured)
    comparison = against_champion(workspace, Recommender(model), prepared, params)
    write_json(workspace.metrics / "model.json", metrics)
    write_json(workspace.metrics / "summary.json", summarize(metrics))
    write_json(workspace.metrics / COMPARISON, comparison)
    events = pd.concat([prepared.train, prepared.test])
    profile = profile_of(events, prepared.users, prepared.facts["data"]["lines"])
    write_json(workspace.metrics / "profile.json", profile)
    _write_systems(workspace.metrics / "systems.csv", metrics)
    return metrics


def gate(workspace: Workspace, params: GateParams, seed: int) -> GateResult:
    """Hold everything against its limit and write the verdict for programs and for people."""
    metrics = read_json(workspace.metrics / "model.json")
    comparison = read_json(workspace.metrics / COMPARISON)
    facts = GateFacts(
        metrics=metrics,
        probe=probe(workspace.candidate, params.probe_users, seed).to_json(),
        champion=read_json(workspace.champion_facts),
        comparison=comparison["against"],
        intake=read_json(workspace.intake),
        new_events=comparison["new_events"],
        rejected={one["content_hash"]: one["reason"] for one in read_json(workspace.rejected)},
    )
    result = judge_model(facts, params)
    write_json(workspace.verdict / "gate.json", result.to_json())
    (workspace.verdict / "gate.md").write_text(render_gate(result, facts), "utf-8")
    return result


def package(workspace: Workspace) -> Mapping[str, Any]:
    """Give the candidate its name, its provenance and its verdict; return its metrics under that name."""
    model = _open(workspace.candidate)
    details = {
        name: value for name, value in model.manifest.items() if name not in ("format", "files", "seal")
    }
    details |= read_json(workspace.version)
    details["metrics"] = read_json(workspace.metrics / "summary.json")
    details["gate"] = read_json(workspace.verdict / "gate.json")
    details["champion"] = read_json(workspace.champion_facts)
    manifest = _save_anew(workspace.model, model.arrays, model.movies, details)
    if manifest["content_hash"] != model.content_hash:
        raise TrainingError(
            f"{workspace.model} differs from the measured candidate: run the stage train again."
        )
    metrics = read_json(workspace.metrics / "model.json")
    return {**metrics, "model": {name: manifest.get(name) for name in MODEL_FIELDS}}


def _save_anew(folder: Path, arrays: Any, movies: Any, details: Mapping[str, Any]) -> Mapping[str, Any]:
    remove_leftovers(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    details = {name: value for name, value in details.items() if name != "content_hash"}
    return save(folder, arrays, movies, details)


def _open(folder: Path) -> Model:
    try:
        return load(folder)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error


def _write_systems(path: Path, metrics: Mapping[str, Any]) -> None:
    """Write what `dvc plots` draws: NDCG of every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["system", "ndcg", "low", "high"])
        for name, values in metrics["ranking"]["systems"].items():
            found = values["ndcg"]
            writer.writerow([name, found["value"], found["low"], found["high"]])
