"""What the shipped parameters promise on real ratings and on the simulated platform."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from auto_deployment.host.revision import Revision
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.simulate.demo import write_demo
from auto_deployment.training.prepare.data import TrainingData, load_data
from auto_deployment.training.prepare.interactions import make_interactions
from auto_deployment.training.workflow import train_model
from tests.support.project import PROJECT
from tests.support.training import SHIPPED, movies_frame, training_data, watches_frame

MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small" / "ratings.csv"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def trained_metrics(data: TrainingData) -> Mapping[str, Any]:
    return train_model(data, SHIPPED, NOW, Revision("abc", False)).metrics


@pytest.fixture(scope="module")
def on_movielens() -> Mapping[str, Any]:
    if not MOVIELENS.exists():
        pytest.skip(f"{MOVIELENS} is not here")
    read = pd.read_csv(MOVIELENS)
    ratings = pd.DataFrame(
        {
            "user_id": read["userId"],
            "movie_id": pd.Categorical(read["movieId"].astype("str")),
            "rating": (1 + (read["rating"] - 0.5) * 4 / 4.5).astype("float32"),
            "time": pd.to_datetime(read["timestamp"], unit="s", utc=True).dt.as_unit("us"),
        }
    )
    interactions = make_interactions(ratings, watches_frame(), movies_frame(), SHIPPED.prepare)
    empty = training_data()
    facts = {**empty.facts, "rating_scales": [(0.5, 5.0)]}
    return trained_metrics(TrainingData(interactions, movies_frame(), empty.users, facts))


@pytest.fixture(scope="module")
def on_simulation(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    paths = Paths(tmp_path_factory.mktemp("simulation"))
    params = load_params(PROJECT / "params.yaml").simulate
    write_demo(replace(params, users=1200, movies=500, days=60), (1, 5), paths)
    return trained_metrics(load_data(paths.segments, paths.catalog, SHIPPED.prepare))


def test_few_users_are_on_both_sides_of_a_cut_through_movielens(on_movielens: Mapping[str, Any]) -> None:
    assert on_movielens["split"]["kind"] == "per_user"
    assert on_movielens["split"]["users_on_both_sides_of_one_cut"] == 28
    assert 580 <= on_movielens["ranking"]["users"] <= 610


def test_personal_lists_beat_popularity_on_movielens(on_movielens: Mapping[str, Any]) -> None:
    compared = on_movielens["ranking"]["ndcg_compared"]
    for popularity in ("popularity", "count"):
        assert compared[f"blend_over_{popularity}"]["value"] >= 1.3
        assert compared[f"blend_minus_{popularity}"]["low"] > 0


def test_lists_on_movielens_are_as_good_as_the_better_part_alone(on_movielens: Mapping[str, Any]) -> None:
    assert on_movielens["ranking"]["systems"]["blend"]["ndcg"]["value"] >= 0.13
    for part in ("als", "items"):
        assert on_movielens["ranking"]["ndcg_compared"][f"blend_minus_{part}"]["value"] >= -0.002


def test_no_part_alone_is_ahead_on_simulated_tastes(on_simulation: Mapping[str, Any]) -> None:
    for part in ("als", "items"):
        assert on_simulation["ranking"]["ndcg_compared"][f"blend_minus_{part}"]["value"] >= -0.002


def test_svd_beats_its_biases_on_movielens(on_movielens: Mapping[str, Any]) -> None:
    native = on_movielens["rating_native"]
    assert native["svd"]["rmse"]["value"] <= 0.880
    assert native["svd_minus_bias"]["rmse"]["high"] < 0


def test_ratings_are_predicted_as_well_as_said_on_movielens(on_movielens: Mapping[str, Any]) -> None:
    assert on_movielens["rating"]["svd"]["rmse"]["value"] <= 0.760


def test_a_simulated_platform_is_split_at_one_time(on_simulation: Mapping[str, Any]) -> None:
    assert on_simulation["split"]["kind"] == "global"


def test_personal_lists_beat_popularity_on_simulated_tastes(on_simulation: Mapping[str, Any]) -> None:
    compared = on_simulation["ranking"]["ndcg_compared"]
    for popularity in ("popularity", "count"):
        assert compared[f"blend_over_{popularity}"]["value"] >= 1.5
        assert compared[f"blend_minus_{popularity}"]["low"] > 0
