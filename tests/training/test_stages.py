"""The steps of the flow: the same input gives the same output, and bad input gives a sentence."""

import argparse
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from app.artifact import load, save
from auto_deployment.commands import stage as stage_command
from auto_deployment.config import Settings
from auto_deployment.host.revision import Revision
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate import stage as evaluate
from auto_deployment.training.gate import stage as gate
from auto_deployment.training.package import stage as package
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.prepare.prepared import Prepared, read_prepared, write_prepared
from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.train import stage as train
from auto_deployment.training.train.stored_lists import store_lists
from auto_deployment.training.workflow import train_model
from auto_deployment.training.workspace import Workspace, read_json, write_json
from tests.support.cycle.workspace import (
    LOOSE,
    SMALL,
    bytes_of,
    crown,
    failed_of,
)
from tests.support.training import taste_rows, training_data

NOBODY_SAID = "Champion: none, there is no published model yet."
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def test_the_flow_makes_the_very_model_of_the_command_train(workspace: Workspace) -> None:
    data = load_data(workspace.segments, workspace.catalog, SMALL.prepare)
    trained = train_model(data, SMALL, NOW, Revision("abc", False))
    fitted = trained.fitted
    saved = save(workspace.root / "again", fitted.arrays, fitted.movies, trained.details)
    assert saved["content_hash"] == load(workspace.candidate).content_hash
    measured = read_json(workspace.metrics / "model.json")
    for part in ("rating", "ranking", "groups", "split", "data"):
        assert measured[part] == json.loads(json.dumps(trained.metrics[part])), part


@pytest.mark.parametrize("stage", ["prepare", "train"])
def test_a_stage_taken_again_writes_the_same_bytes(workspace: Workspace, stage: str) -> None:
    folder = workspace.prepared if stage == "prepare" else workspace.candidate
    before = bytes_of(folder)
    shutil.rmtree(folder)
    if stage == "prepare":
        prepare.run(workspace, SMALL.prepare)
    else:
        train.run(workspace, SMALL)
    assert bytes_of(folder) == before


def test_evaluating_again_finds_the_same(workspace: Workspace) -> None:
    before = bytes_of(workspace.metrics)
    evaluate.run(workspace, SMALL)
    assert bytes_of(workspace.metrics) == before


def test_what_prepare_hands_on_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = [(user, f"film+{99 - user % 50:02}+2000", 4.0, user * 7 % 1000) for user in range(1, 400)]
    data = training_data([*rows, *taste_rows()])
    split = split_by_time(data.interactions, SMALL.prepare)
    handed_on = Prepared(split.train, split.test, data.movies, data.users, {})
    write_prepared(tmp_path / "prepared", handed_on)
    prepared = read_prepared(tmp_path / "prepared")
    for name, frame in (("train", split.train), ("test", split.test)):
        pd.testing.assert_frame_equal(getattr(prepared, name), frame.reset_index(drop=True))
        assert getattr(prepared, name)["movie_id"].cat.categories.is_monotonic_increasing
    assert prepared.movies["genres"].map(list).tolist() == data.movies["genres"].tolist()


def test_what_is_packaged_is_what_was_measured(workspace: Workspace) -> None:
    metrics = package.run(workspace)
    candidate, model = load(workspace.candidate), load(workspace.model)
    assert model.version == "20260201T0000-01234567" == metrics["model"]["version"]
    assert model.content_hash == candidate.content_hash
    arrays = {name: found for name, found in bytes_of(workspace.candidate).items() if name != "manifest.json"}
    assert {name: found for name, found in bytes_of(workspace.model).items() if name in arrays} == arrays
    assert model.manifest["gate"] == read_json(workspace.verdict / "gate.json")
    assert model.manifest["metrics"]["rmse"] == metrics["rating"]["svd"]["rmse"]["value"]


def test_the_content_does_not_depend_on_the_name(workspace: Workspace) -> None:
    first = package.run(workspace)["model"]["content_hash"]
    write_json(workspace.version, {"version": "20270101T0000-01234567", "created_at": "2027"})
    assert package.run(workspace)["model"]["content_hash"] == first


def test_a_damaged_candidate_is_never_packaged(workspace: Workspace) -> None:
    (workspace.candidate / "user_bias.npy").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"user_bias\.npy"):
        package.run(workspace)
    assert not workspace.model.exists()
    result = gate.run(workspace, LOOSE, 1)
    assert "user_bias.npy" in failed_of(result)["artefact"]


@pytest.mark.parametrize("stage", ["prepare", "train", "package"])
def test_a_stage_that_was_killed_while_writing_is_simply_taken_again(
    workspace: Workspace, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take() -> None:
        if stage == "prepare":
            prepare.run(workspace, SMALL.prepare)
        elif stage == "train":
            train.run(workspace, SMALL)
        else:
            package.run(workspace)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = {"prepare": workspace.prepared, "train": workspace.candidate, "package": workspace.model}[stage]
    take()
    before = bytes_of(folder)
    target = (
        "app.artifact.sync" if stage != "prepare" else "auto_deployment.training.prepare.prepared.write_json"
    )
    with monkeypatch.context() as patch:
        patch.setattr(target, killed)
        with pytest.raises(KeyboardInterrupt):
            take()
    # What kill -9 leaves, beside: a half-written folder, and the file whose lock nobody holds.
    (workspace.root / f".{folder.name}.new").mkdir()
    (workspace.root / f".{folder.name}.tmp").touch()
    if stage == "prepare":
        with pytest.raises(TrainingError, match="run the stage"):
            read_prepared(folder)
    take()
    assert bytes_of(folder) == before
    if stage != "prepare":
        assert not [*workspace.root.glob(".*.tmp"), *workspace.root.glob(".*.new")]


def test_the_command_takes_a_step_and_says_what_came_of_it(
    finished: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished.root, tmp_path / "data")
    settings = Settings.from_env({"DATA_DIR": str(tmp_path / "data")})
    assert stage_command.run(argparse.Namespace(stage="gate"), settings) == 0
    said = capsys.readouterr().out
    assert said.startswith("The gate refuses this model.\n")
    assert "at least 1000 is needed" in said
    assert NOBODY_SAID in (tmp_path / "data" / "gate" / "gate.md").read_text("utf-8")


def test_the_gate_compares_lists_with_the_champion_and_finds_the_same_model_unchanged(
    workspace: Workspace,
) -> None:
    crown(workspace)
    written = []
    for _ in range(2):
        lists = gate.run(workspace, LOOSE, SMALL.train.seed).lists
        written.append((read_json(workspace.gate_result)["lists"], workspace.list_page.read_bytes()))
    assert written[0] == written[1]
    assert not lists.needs_review
    found = written[0][0]["figures"]
    assert (found["overlap"], found["rbo"], found["unchanged"], found["genre_distance"]) == (1, 1, 1, 0)
    assert lists.sentence in workspace.gate_page.read_text("utf-8")
    assert b"agreement by rank 1.000" in workspace.list_page.read_bytes()


def test_a_model_does_not_depend_on_the_number_of_threads(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One user of 37,567 had another list on two threads than on the one of the service."""
    threads: list[int] = []

    def spy(*words: Any) -> Any:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return store_lists(*words)

    monkeypatch.setattr("auto_deployment.training.train.fit.store_lists", spy)
    with threadpool_limits(2, "blas"):
        train.run(workspace, SMALL)
    assert set(threads) == {1}
