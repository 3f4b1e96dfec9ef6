"""The search for parameters."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
import yaml

from auto_deployment import cli
from auto_deployment.paths import Paths
from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.tune import tune
from auto_deployment.training.tune.search import Stage, coordinate_search
from auto_deployment.training.tune.validation import Validation
from tests.support.project import PROJECT
from tests.support.training import RatingRow, small_params, taste_rows, training_data, write_data

PARAMS = small_params()
ROWS = taste_rows(events=18)


@dataclass(frozen=True)
class Point:
    x: int
    y: float


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "FOLDS", (0.3,))
    monkeypatch.setattr(tune, "BIAS", {"movie_regularization": (2, 9)})
    monkeypatch.setattr(tune, "SVD", {"epochs": (1, 15)})
    monkeypatch.setattr(tune, "ALS", {"factors": (2, 8)})
    monkeypatch.setattr(tune, "STRENGTH", {"rating_power": (1, 2.5)})
    monkeypatch.setattr(tune, "BLEND", {"svd_weight": (0.0, 0.3)})
    monkeypatch.setattr(tune, "POPULARITY", {"half_life_days": (7, 365)})


def test_the_search_goes_on_until_a_round_changes_nothing() -> None:
    stage = Stage("point")
    # y only pays once x is 3, and x = 4 only once y is 0.5
    best = coordinate_search(
        Point(1, 0.0),
        {"y": (0.0, 0.5), "x": (1, 3, 4)},
        lambda p: abs(p.x - (4 if p.y else 3)) - (4 * p.y if p.x >= 3 else -p.y),
        stage,
    )
    assert best == Point(4, 0.5)
    assert len({json.dumps(one) for one in stage.tried}) == len(stage.tried)


def test_equal_losses_keep_what_was_there() -> None:
    assert coordinate_search(Point(2, 1.0), {"x": (1, 3)}, lambda p: 0.0, Stage("flat")) == Point(2, 1.0)


def test_whole_numbers_stay_whole() -> None:
    assert coordinate_search(Point(2, 1.0), {"x": (1.0,)}, lambda p: p.x, Stage("whole")).x.__class__ is int


def test_validation_never_touches_the_test_part() -> None:
    data = training_data(ROWS)
    test = split_by_time(data.interactions, PARAMS.prepare).test
    held_out = set(zip(test["user_id"], test["movie_id"], strict=True))
    for share in tune.FOLDS:
        fold = Validation(data, PARAMS, share)
        chosen = zip(fold.test["user_id"], fold.test["movie_id"], strict=True)
        trained = {
            (int(fold.trainset.user_ids[user]), fold.trainset.movie_ids[movie])
            for user, movie in zip(fold.trainset.users, fold.trainset.movies, strict=True)
        }
        assert not held_out & (trained | set(chosen))


@pytest.mark.usefixtures("short_search")
def test_turning_round_the_test_part_changes_no_loss() -> None:
    data = training_data(ROWS)
    test = split_by_time(data.interactions, PARAMS.prepare).test
    held_out = set(zip(test["user_id"], test["movie_id"], strict=True))
    poisoned: list[RatingRow] = [
        (user, movie, 6 - rating if (user, movie) in held_out else rating, minute)
        for user, movie, rating, minute in ROWS
    ]
    assert tune.tune(data, PARAMS) == tune.tune(training_data(poisoned), PARAMS)


@pytest.mark.usefixtures("short_search")
def test_too_short_a_training_is_not_chosen() -> None:
    best, stages = tune.tune(training_data(ROWS), PARAMS)
    assert best.svd.epochs > 1
    assert [stage.name for stage in stages] == ["bias", "svd", "strength", "als", "blend", "popularity"]


@pytest.mark.usefixtures("short_search")
def test_without_ratings_only_lists_are_tuned() -> None:
    watches = [(user, movie, int(18 * rating), minute + 300) for user, movie, rating, minute in ROWS]
    best, stages = tune.tune(training_data([], watches), PARAMS)
    assert best.svd == PARAMS.train.svd
    assert [stage.name for stage in stages] == ["strength", "als", "blend", "popularity"]


@pytest.mark.usefixtures("short_search")
def test_the_command_prints_parameters_and_writes_what_it_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(replace(PARAMS))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content), "utf-8")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PARAMS_FILE", str(tmp_path / "params.yaml"))
    write_data(Paths(tmp_path / "data"), ROWS)
    assert cli.main(["tune"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)["training"]["train"]
    assert set(printed) == set(content["training"]["train"])
    (report,) = (tmp_path / "data" / "reports").glob("tune-*.json")
    found = json.loads(report.read_text("utf-8"))
    assert found["best"] == printed
    assert all("loss" in one for tried in found["tried"].values() for one in tried)
