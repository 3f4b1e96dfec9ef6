"""`train` and `evaluate` from segments to files."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from app.artifact import ArtifactError, load
from auto_deployment import cli
from auto_deployment.config import Settings
from auto_deployment.local import train as training_run
from auto_deployment.local.train import train_and_publish
from auto_deployment.paths import Paths
from auto_deployment.report import model_files
from auto_deployment.report.model_page import render_model_report
from auto_deployment.training import model_store
from auto_deployment.training.errors import TrainingError
from tests.support.project import PROJECT
from tests.support.training import RatingRow, WatchRow, small_params, taste_rows, write_data

NOW = datetime(2026, 2, 1, 12, 34, tzinfo=UTC)
ROWS = taste_rows()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content), "utf-8")
    environ = {"DATA_DIR": str(tmp_path / "data"), "PARAMS_FILE": str(tmp_path / "params.yaml")}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CODE_REVISION", raising=False)
    # Drawing takes longer than training here; the first test draws.
    monkeypatch.setattr(model_files, "render_model_report", lambda metrics: "a report")
    return Settings.from_env()


@pytest.fixture
def paths(settings: Settings) -> Paths:
    return Paths(settings.data_dir)


def test_train_writes_a_model_and_its_report_and_makes_it_current(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model_files, "render_model_report", render_model_report)
    write_data(paths, ROWS)
    assert cli.main(["train"]) == 0
    version = os.readlink(paths.current_model)
    manifest = load(paths.current_model).manifest
    assert manifest["version"] == version
    assert len(manifest["code_revision"]) == 40 or manifest["code_revision"] == "unknown"
    metrics = json.loads((paths.reports / version / "metrics.json").read_text("utf-8"))
    assert metrics["model"]["version"] == version
    assert metrics["model"]["content_hash"] == manifest["content_hash"]
    assert version in (paths.reports / version / "report.html").read_text("utf-8")
    printed = capsys.readouterr().out
    assert version in printed
    assert "RMSE     served 0." in printed
    assert printed.count("on 1-5") == 1
    assert "blend over popularity" in printed


def test_evaluate_measures_the_current_model_again(
    settings: Settings, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    write_data(paths, ROWS)
    trained = train_and_publish(settings, NOW)
    report = next(paths.reports.glob("20260201T1234-*")) / "metrics.json"
    before = json.loads(report.read_text("utf-8"))
    report.unlink()
    capsys.readouterr()
    assert cli.main(["evaluate"]) == 0
    assert json.loads(report.read_text("utf-8")) == before
    assert str(trained["model"]["version"]) in capsys.readouterr().out


def test_evaluate_measures_a_named_model(settings: Settings, paths: Paths) -> None:
    write_data(paths, ROWS)
    first = train_and_publish(settings, NOW)["model"]["version"]
    train_and_publish(settings, NOW + timedelta(minutes=1))
    report = paths.reports / first / "report.html"
    report.unlink()
    assert cli.main(["evaluate", "--model", first]) == 0
    assert report.exists()


def test_evaluate_without_a_model_says_so(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    write_data(paths, ROWS)
    assert cli.main(["evaluate"]) == 1
    assert "current" in capsys.readouterr().err


def test_ratings_on_another_scale_are_also_reported_on_it(
    settings: Settings, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    half_stars = [(user, movie, rating - 0.5, minute) for user, movie, rating, minute in ROWS]
    write_data(paths, half_stars, scale=(0.5, 5))
    metrics = train_and_publish(settings, NOW)
    assert metrics["rating_native"]["scale"] == [0.5, 5]
    assert cli.main(["evaluate"]) == 0
    assert "on 0.5-5, as in the data" in capsys.readouterr().out
    rmse = metrics["rating"]["svd"]["rmse"]["value"]
    assert metrics["rating_native"]["svd"]["rmse"]["value"] == pytest.approx(rmse * 4.5 / 4)


def test_two_scales_in_one_folder_are_reported_on_one_to_five_alone(settings: Settings, paths: Paths) -> None:
    write_data(paths, ROWS, name="one")
    write_data(paths, [(500, "film+00+2000", 9, 5)], name="ten", scale=(1, 10))
    assert "rating_native" not in train_and_publish(settings, NOW)


@pytest.mark.parametrize(
    ("ratings", "watches", "said"),
    [
        ([], [], "no rating and no watch"),
        ([(1, "a+2000", 5, 1)], [], r"1 user\(s\) and 1 movie\(s\)"),
        ([(1, f"{one}+2000", 5, minute) for minute, one in enumerate("abcdefgh")], [], r"1 user\(s\)"),
    ],
    ids=["nothing", "one rating", "one user"],
)
def test_too_little_data_gives_one_sentence_and_writes_nothing(
    paths: Paths,
    capsys: pytest.CaptureFixture[str],
    ratings: list[RatingRow],
    watches: list[WatchRow],
    said: str,
) -> None:
    if ratings:
        write_data(paths, ratings, watches)
    assert cli.main(["train"]) == 1
    assert not paths.models.exists()
    assert not paths.reports.exists()
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    assert said.replace("\\", "") in errors[0]
    assert "import or ingest" in errors[0]


def test_a_damaged_segment_is_named(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    write_data(paths, ROWS)
    (paths.segments / "broken.parquet").write_bytes(b"PAR1 not really PAR1")
    assert cli.main(["train"]) == 1
    assert "broken.parquet" in capsys.readouterr().err
    assert not paths.models.exists()


def test_watches_without_any_rating_make_a_model(settings: Settings, paths: Paths) -> None:
    watches = [(user, movie, int(18 * rating), minute + 300) for user, movie, rating, minute in ROWS]
    write_data(paths, [], watches)
    metrics = train_and_publish(settings, NOW)
    assert metrics["ranking"]["ndcg_compared"]["blend_over_popularity"]["value"] > 1
    assert metrics["rating"]["svd"]["rmse"] == {"value": None, "low": None, "high": None}
    assert load(paths.current_model).manifest["metrics"]["rmse"] is None


def test_identical_ratings_make_a_model(settings: Settings, paths: Paths) -> None:
    write_data(paths, [(user, movie, 4, minute) for user, movie, _, minute in ROWS])
    metrics = train_and_publish(settings, NOW)
    assert metrics["rating"]["svd"]["rmse"]["value"] < 0.2
    assert load(paths.current_model).version == metrics["model"]["version"]


def test_a_second_training_within_the_minute_is_refused_before_any_work(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(paths, ROWS)
    train_and_publish(settings, NOW)
    monkeypatch.setattr(training_run, "train_model", None)
    with pytest.raises(TrainingError, match="try again in a minute"):
        train_and_publish(settings, NOW)


def test_a_training_that_fails_while_writing_leaves_the_current_model_alone(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(paths, ROWS)
    train_and_publish(settings, NOW)
    current = os.readlink(paths.current_model)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.artifact.sync", full)
    with pytest.raises(OSError, match="No space"):
        train_and_publish(settings, NOW + timedelta(minutes=1))
    assert os.readlink(paths.current_model) == current
    assert sorted(path.name for path in paths.models.iterdir()) == sorted([current, "current"])


def test_the_current_model_is_swapped_in_one_step(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(paths, ROWS)
    train_and_publish(settings, NOW)
    current = os.readlink(paths.current_model)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        model_store.make_current(paths, "20260101T0000-00000000")
    assert os.readlink(paths.current_model) == current
    monkeypatch.undo()
    model_store.make_current(paths, "20260101T0000-00000000")
    assert os.readlink(paths.current_model) == "20260101T0000-00000000"


def test_a_model_whose_report_cannot_be_written_does_not_become_current(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(paths, ROWS)
    monkeypatch.setattr(model_files, "render_model_report", lambda metrics: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train_and_publish(settings, NOW)
    assert not paths.current_model.exists()


def test_a_damaged_model_is_refused_by_name(settings: Settings, paths: Paths) -> None:
    write_data(paths, ROWS)
    train_and_publish(settings, NOW)
    (paths.current_model / "user_ids.npy").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"user_ids\.npy"):
        model_store.open_model(paths, None)
    with pytest.raises(ArtifactError):
        load(paths.current_model)
