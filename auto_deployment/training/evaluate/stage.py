"""The stage `evaluate`: measure the candidate, alone and against the champion."""

import csv
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from app.recommender import Recommender
from auto_deployment.training.evaluate.challenge import against_champion
from auto_deployment.training.evaluate.evaluate import evaluate
from auto_deployment.training.evaluate.metrics import assemble_metrics, summarize
from auto_deployment.training.evaluate.profile import profile_of
from auto_deployment.training.evaluate.recent import measure_recent
from auto_deployment.training.model_folder import open_folder
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.prepared import read_prepared
from auto_deployment.training.train.trainset import make_trainset
from auto_deployment.training.workspace import Workspace, write_json


def run(workspace: Workspace, params: TrainingParams) -> Mapping[str, Any]:
    """Write what was found; return the metrics."""
    prepared = read_prepared(workspace.prepared)
    model = open_folder(workspace.candidate)
    # One limit around all: the first to end would lift its own while another computes.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(2) as pool:
        # What takes longest first; where the others count in Python, it computes without the lock.
        recent = pool.submit(measure_recent, model.manifest, prepared.train, prepared.test, params)
        comparing = pool.submit(against_champion, workspace, Recommender(model), prepared, params)
        measured = evaluate(
            Recommender(model), make_trainset(prepared.train), prepared.test, prepared.users, params
        )
        measured["recent"] = recent.result()
        comparison = comparing.result()
    metrics = assemble_metrics(model.manifest, measured)
    write_json(workspace.model_metrics, metrics)
    write_json(workspace.metrics_summary, summarize(metrics))
    write_json(workspace.comparison, comparison)
    events = pd.concat([prepared.train, prepared.test])
    profile = profile_of(events, prepared.users, prepared.facts["data"]["lines"])
    write_json(workspace.data_profile, profile)
    _write_systems(workspace.systems, metrics)
    return metrics


def _write_systems(path: Path, metrics: Mapping[str, Any]) -> None:
    """Write what `dvc plots` draws: NDCG of every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["system", "ndcg", "low", "high"])
        for name, values in metrics["ranking"]["systems"].items():
            found = values["ndcg"]
            writer.writerow([name, found["value"], found["low"], found["high"]])
