"""The steps of the flow: the same input gives the same output, and bad input gives a sentence."""

import argparse
import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from app.artifact import load, save
from app.model_format import manifest_bytes, sealed
from auto_deployment.commands import stage as stage_command
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.training import stages
from auto_deployment.training.data import load_data
from auto_deployment.training.errors import NotEnoughDataError, TrainingError
from auto_deployment.training.gate_checks import GateParams
from auto_deployment.training.prepared import read_prepared, write_prepared
from auto_deployment.training.provenance import Revision
from auto_deployment.training.split import split_by_time
from auto_deployment.training.stored_lists import store_lists
from auto_deployment.training.workflow import train_model
from auto_deployment.training.workspace import Workspace, read_json, write_json
from tests.support.gate import SHIPPED_GATE
from tests.support.training import RatingRow, taste_rows, training_data
from tests.support.workspace import ROWS, SMALL, failed_of, make_workspace, run_stages

NOBODY_SAID = "Champion: none, there is no published model yet."
NOW = datetime(2026, 2, 1, tzinfo=UTC)
# Sixty users and forty movies: what the gate asks of a whole platform is too much for them.
LOOSE: GateParams = replace(SHIPPED_GATE, bias_margin=-0.05, popularity_factor_min=0.5, new_events_min=100)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace whose candidate has passed; tests change copies of it."""
    workspace = make_workspace(tmp_path_factory.mktemp("flow") / "data")
    assert failed_of(run_stages(workspace, gate=LOOSE)) == {}
    return workspace


@pytest.fixture
def workspace(finished: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(finished.root, tmp_path / "data")
    return Workspace(tmp_path / "data")


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


def judge(workspace: Workspace) -> dict[str, str]:
    stages.evaluate_stage(workspace, SMALL)
    return failed_of(stages.gate(workspace, LOOSE, SMALL.train.seed))


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
        stages.prepare(workspace, SMALL.prepare)
    else:
        stages.train(workspace, SMALL)
    assert bytes_of(folder) == before


def test_evaluating_again_finds_the_same(workspace: Workspace) -> None:
    before = bytes_of(workspace.metrics)
    stages.evaluate_stage(workspace, SMALL)
    assert bytes_of(workspace.metrics) == before


def test_what_prepare_hands_on_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = [(user, f"film+{99 - user % 50:02}+2000", 4.0, user * 7 % 1000) for user in range(1, 400)]
    data = training_data([*rows, *taste_rows()])
    split = split_by_time(data.interactions, SMALL.prepare)
    write_prepared(tmp_path / "prepared", data, split)
    prepared = read_prepared(tmp_path / "prepared")
    for name, frame in (("train", split.train), ("test", split.test)):
        pd.testing.assert_frame_equal(getattr(prepared, name), frame.reset_index(drop=True))
        assert getattr(prepared, name)["movie_id"].cat.categories.is_monotonic_increasing
    assert prepared.movies["genres"].map(list).tolist() == data.movies["genres"].tolist()


def test_what_is_packaged_is_what_was_measured(workspace: Workspace) -> None:
    metrics = stages.package(workspace)
    candidate, model = load(workspace.candidate), load(workspace.model)
    assert model.version == "20260201T0000-01234567" == metrics["model"]["version"]
    assert model.content_hash == candidate.content_hash
    arrays = {name: found for name, found in bytes_of(workspace.candidate).items() if name != "manifest.json"}
    assert {name: found for name, found in bytes_of(workspace.model).items() if name in arrays} == arrays
    assert model.manifest["gate"] == read_json(workspace.verdict / "gate.json")
    assert model.manifest["metrics"]["rmse"] == metrics["rating"]["svd"]["rmse"]["value"]


def test_the_content_does_not_depend_on_the_name(workspace: Workspace) -> None:
    first = stages.package(workspace)["model"]["content_hash"]
    write_json(workspace.version, {"version": "20270101T0000-01234567", "created_at": "2027"})
    assert stages.package(workspace)["model"]["content_hash"] == first


def test_a_damaged_candidate_is_never_packaged(workspace: Workspace) -> None:
    (workspace.candidate / "user_bias.npy").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"user_bias\.npy"):
        stages.package(workspace)
    assert not workspace.model.exists()
    result = stages.gate(workspace, LOOSE, 1)
    assert "user_bias.npy" in failed_of(result)["artefact"]


@pytest.mark.parametrize("stage", ["prepare", "train", "package"])
def test_a_stage_that_was_killed_while_writing_is_simply_taken_again(
    workspace: Workspace, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take() -> None:
        if stage == "prepare":
            stages.prepare(workspace, SMALL.prepare)
        elif stage == "train":
            stages.train(workspace, SMALL)
        else:
            stages.package(workspace)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = {"prepare": workspace.prepared, "train": workspace.candidate, "package": workspace.model}[stage]
    take()
    before = bytes_of(folder)
    target = "app.artifact._sync" if stage != "prepare" else "auto_deployment.training.prepared.write_json"
    with monkeypatch.context() as patch:
        patch.setattr(target, killed)
        with pytest.raises(KeyboardInterrupt):
            take()
    # What kill -9 leaves, beside: a half-written folder under the name of a process that is gone.
    (workspace.root / f".{folder.name}.{2**22 + 1}.tmp").mkdir()
    if stage == "prepare":
        with pytest.raises(TrainingError, match="run the stage"):
            read_prepared(folder)
    take()
    assert bytes_of(folder) == before
    if stage != "prepare":
        assert not list(workspace.root.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no rating and no watch"),
        ([(1, "a+2000", 5.0, 1)], r"1 user(s) and 1 movie(s)"),
        ([(1, f"{one}+2000", 5.0, place) for place, one in enumerate("abcdefgh")], "1 user(s)"),
    ],
    ids=["nothing", "one event", "one user"],
)
def test_too_little_data_ends_in_one_sentence(tmp_path: Path, rows: list[RatingRow], said: str) -> None:
    workspace = make_workspace(tmp_path / "data", rows)
    with pytest.raises(NotEnoughDataError) as caught:
        run_stages(workspace)
    assert said in str(caught.value)
    assert "import or ingest" in str(caught.value)
    assert not workspace.candidate.exists()


def test_two_users_and_two_movies_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    rows = [(user, f"{movie}+2000", 4.0, place) for user in (1, 2) for place, movie in enumerate("ab")]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", rows)))
    assert {"rmse", "popularity", "same_list", "new_events"} <= set(failed)
    assert "could not be measured" in failed["rmse"]


@pytest.mark.parametrize("value", [1.0, 4.0, 5.0])
def test_one_rating_value_only_is_no_model_of_ratings(tmp_path: Path, value: float) -> None:
    rows = [(user, movie, value, minute) for user, movie, _, minute in ROWS]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", rows)))
    assert "below 0 is needed" in failed["bias"]


def test_without_any_rating_the_founding_rule_cannot_be_checked(tmp_path: Path) -> None:
    watches = [(user, movie, int(18 * rating), minute + 300) for user, movie, rating, minute in ROWS]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", [], watches), gate=LOOSE))
    assert set(failed) == {"rmse", "bias"}
    assert failed["rmse"].startswith("RMSE on later events (1-5) could not be measured")


def test_a_damaged_segment_is_named(workspace: Workspace) -> None:
    (workspace.segments / "broken.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(MarqueeError, match=r"broken\.parquet"):
        stages.prepare(workspace, SMALL.prepare)


@pytest.mark.parametrize("name", ["train.parquet", "users.parquet", "facts.json"])
@pytest.mark.parametrize("content", [None, b"", b"PAR1 what is this PAR1"])
def test_a_damaged_hand_over_names_the_file_and_the_stage(
    workspace: Workspace, name: str, content: bytes | None
) -> None:
    path = workspace.prepared / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(TrainingError, match=name) as caught:
        stages.train(workspace, SMALL)
    assert "run the stage" in str(caught.value)


def test_the_champion_itself_is_no_worse_and_brings_nothing_new(workspace: Workspace) -> None:
    crown(workspace)
    assert set(judge(workspace)) == {"new_events"}
    comparison = read_json(workspace.metrics / "comparison.json")
    assert comparison["new_events"] == 0
    assert comparison["against"]["rating"]["ratio"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert comparison["against"]["ranking"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "user_bias.npy").write_bytes(b"no"), r"user_bias.npy"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
        (lambda folder: shutil.rmtree(folder), "manifest.json"),
    ],
    ids=["file", "manifest", "folder"],
)
def test_a_damaged_champion_fails_a_check(workspace: Workspace, damage: Any, said: str) -> None:
    crown(workspace)
    damage(workspace.champion)
    failed = judge(workspace)
    assert set(failed) == {"champion", "new_events"}
    assert failed["champion"].startswith("The champion v1 cannot be compared")
    assert said in failed["champion"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "has format 99"),
        ({"data": {"hash": "0" * 64}}, "data.ratings"),
        ({"split": None, "watermark": None}, "split"),
    ],
)
def test_a_champion_of_another_make_fails_a_check(
    workspace: Workspace, changes: dict[str, Any], said: str
) -> None:
    crown(workspace, **changes)
    assert said in judge(workspace)["champion"]


def test_another_model_than_the_announced_champion_is_not_compared(workspace: Workspace) -> None:
    crown(workspace)
    facts = {"version": "v1", "content_hash": "f" * 64, "source": "it serves"}
    write_json(workspace.champion_facts, facts)
    assert "holds another model than v1" in judge(workspace)["champion"]


def test_events_of_the_future_stop_nothing(finished: Workspace, tmp_path: Path) -> None:
    """A clock that is years ahead stamps some events; the next models are still measured and published."""
    ahead = [(user, movie, rating, 40_000_000 + minute) for user, movie, rating, minute in ROWS[:30]]
    workspace = make_workspace(tmp_path / "data", [*ROWS[30:], *ahead])
    run_stages(workspace, gate=LOOSE)
    crown(workspace)
    later: list[RatingRow] = [
        (user + 100, movie, rating, minute + 30_000) for user, movie, rating, minute in ROWS
    ]
    shutil.rmtree(workspace.segments)
    again = make_workspace(workspace.root, [*ROWS[30:], *ahead, *later], champion=_facts(workspace))
    assert "new_events" not in failed_of(run_stages(again, gate=LOOSE))
    assert read_json(again.metrics / "comparison.json")["new_events"] == len(later)


def _facts(workspace: Workspace) -> Any:
    return read_json(workspace.champion_facts)


def test_a_rejected_content_is_refused_whatever_its_name(workspace: Workspace) -> None:
    content = load(workspace.candidate).content_hash
    write_json(workspace.rejected, [{"content_hash": content, "reason": "errors on the canary"}])
    write_json(workspace.version, {"version": "20290101T0000-01234567"})
    failed = failed_of(stages.gate(workspace, LOOSE, 1))
    assert failed == {"rejected": "A release has rejected this very artefact: errors on the canary"}


@pytest.mark.parametrize("name", ["champion.json", "intake.json", "rejected.json"])
def test_a_missing_note_of_the_cycle_is_named(workspace: Workspace, name: str) -> None:
    (workspace.root / name).unlink()
    with pytest.raises(TrainingError, match=name):
        judge(workspace)


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


def test_a_model_does_not_depend_on_the_number_of_threads(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One user of 37,567 had another list on two threads than on the one of the service."""
    threads: list[int] = []

    def spy(*words: Any) -> Any:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return store_lists(*words)

    monkeypatch.setattr("auto_deployment.training.train.store_lists", spy)
    with threadpool_limits(2, "blas"):
        stages.train(workspace, SMALL)
    assert set(threads) == {1}
