"""Training as a whole: what it promises about data, seeds, cuts and provenance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.artifact import Model, load, save
from app.model_format import without_item_part
from app.recommender import Recommender
from auto_deployment.host.revision import Revision
from auto_deployment.training.errors import NotEnoughDataError, TrainingError
from auto_deployment.training.evaluate import recommenders as systems
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.workflow import Trained, measure_again, train_model
from tests.support.training import START, RatingRow, small_params, taste_rows, training_data

NOW = datetime(2026, 2, 1, 12, 34, 56, tzinfo=UTC)
REVISION = Revision("abc", False)
ROWS = taste_rows()
PER_USER, ONE_CUT = small_params(), small_params(min_split_users=30)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train_model(training_data(ROWS), PER_USER, NOW, REVISION)


def write(trained: Trained, folder: Path) -> Model:
    save(folder, trained.fitted.arrays, trained.fitted.movies, trained.details)
    return load(folder)


def test_the_same_data_and_parameters_give_the_same_content_hash(trained: Trained, tmp_path: Path) -> None:
    again = train_model(training_data(ROWS), PER_USER, NOW + timedelta(days=1), Revision("def", True))
    assert write(trained, tmp_path / "one").content_hash == write(again, tmp_path / "two").content_hash


def test_the_order_in_which_events_arrive_does_not_matter(trained: Trained, tmp_path: Path) -> None:
    shuffled = list(ROWS)
    np.random.default_rng(1).shuffle(shuffled)
    again = train_model(training_data(shuffled), PER_USER, NOW, REVISION)
    assert write(trained, tmp_path / "one").content_hash == write(again, tmp_path / "two").content_hash


def test_another_seed_gives_another_model(trained: Trained, tmp_path: Path) -> None:
    other = replace(PER_USER, train=replace(PER_USER.train, seed=PER_USER.train.seed + 1))
    again = train_model(training_data(ROWS), other, NOW, REVISION)
    assert write(trained, tmp_path / "one").content_hash != write(again, tmp_path / "two").content_hash


def test_tastes_beat_popularity(trained: Trained) -> None:
    compared = trained.metrics["ranking"]["ndcg_compared"]
    assert compared["blend_over_popularity"]["value"] > 1.2
    assert compared["blend_minus_popularity"]["low"] > 0


def test_held_out_events_leave_no_trace_in_the_model() -> None:
    """Turning every held-out rating round and adding some must not change a single byte."""
    data = training_data(ROWS)
    model = train_model(data, ONE_CUT, NOW, REVISION)
    cut = datetime.fromisoformat(model.details["watermark"])
    later = int((cut - START).total_seconds() // 60) + 1
    poisoned: list[RatingRow] = [
        (user, movie, 6 - rating if minute >= later - 1 else rating, minute)
        for user, movie, rating, minute in ROWS
    ]
    other = train_model(training_data(poisoned), ONE_CUT, NOW, REVISION)
    assert model.metrics["split"]["kind"] == "global"
    assert other.metrics["rating"] != model.metrics["rating"]
    for name, array in model.fitted.arrays.items():
        assert np.array_equal(array, other.fitted.arrays[name]), name


def test_the_manifest_tells_where_the_model_comes_from(trained: Trained, tmp_path: Path) -> None:
    manifest = write(trained, tmp_path / "model").manifest
    assert manifest["version"] == "20260201T1234-01234567"
    assert manifest["created_at"] == "2026-02-01T12:34:56+00:00"
    assert manifest["kind"] == "full"
    assert manifest["code_revision"] == "abc"
    assert manifest["code_is_dirty"] is False
    assert manifest["data"]["hash"] == "0123456789abcdef" * 4
    assert manifest["data"]["segments"] == ["one.parquet"]
    assert manifest["parameters"]["train"]["seed"] == PER_USER.train.seed
    assert set(manifest["libraries"]) >= {"python", "numpy", "implicit", "scikit-surprise"}
    assert manifest["split"]["kind"] == "per_user"
    assert manifest["metrics"]["rmse"] == trained.metrics["rating"]["svd"]["rmse"]["value"]


def test_the_watermark_of_one_cut_is_the_cut() -> None:
    model = train_model(training_data(ROWS), ONE_CUT, NOW, REVISION)
    interactions = training_data(ROWS).interactions
    older = (interactions["time"] < model.details["watermark"]).sum()
    assert older == model.metrics["split"]["train"] == model.fitted.arrays["seen_indptr"][-1]


def test_titles_and_genres_come_from_the_catalogue_and_else_from_the_id() -> None:
    data = training_data(ROWS)
    known = replace(data, movies=data.movies[data.movies["movie_id"] != "film+00+2000"])
    movies = train_model(known, PER_USER, NOW, REVISION).fitted.movies
    assert movies.titles[:2] == ["film+00+2000", "Film+01+2000"]
    recommender = Recommender(train_model(data, PER_USER, NOW, REVISION).fitted.as_model())
    dramas = recommender.popular(100, genre="drama").rows
    assert sorted(dramas) == list(range(1, 40, 2))


def test_without_a_catalogue_there_are_no_genres() -> None:
    data = training_data(ROWS)
    fitted = train_model(replace(data, movies=data.movies.iloc[:0]), PER_USER, NOW, REVISION).fitted
    assert fitted.movies.genres == []
    assert fitted.arrays["genre_mask"].shape == (0, 40)


def test_only_the_most_recently_active_users_have_stored_lists() -> None:
    few = replace(
        PER_USER, train=replace(PER_USER.train, lists=replace(PER_USER.train.lists, stored_users=7))
    )
    fitted = train_model(training_data(ROWS), few, NOW, REVISION).fitted
    arrays = fitted.arrays
    stored = arrays["user_list_row"] >= 0
    assert stored.sum() == 7 == len(arrays["top_items"])
    train = training_data(ROWS).interactions.merge(seen_pairs(fitted.as_model()), on=["user_id", "movie_id"])
    latest = train.groupby("user_id")["time"].max().to_numpy()
    assert latest[stored].min() >= latest[~stored].max()


def seen_pairs(model: Model) -> pd.DataFrame:
    arrays = model.arrays
    users = np.repeat(arrays["user_ids"], np.diff(arrays["seen_indptr"]))
    movies = [model.movies.ids[row] for row in arrays["seen_items"]]
    return pd.DataFrame({"user_id": users, "movie_id": pd.Categorical(movies)})


@pytest.mark.parametrize("params", [PER_USER, ONE_CUT], ids=["per user", "one cut"])
def test_measuring_a_written_model_again_gives_the_same_numbers(
    params: TrainingParams, tmp_path: Path
) -> None:
    data = training_data(ROWS)
    model = train_model(data, params, NOW, REVISION)
    again = measure_again(write(model, tmp_path / "model"), data, params)
    for part in ("rating", "ranking", "groups", "split"):
        assert again[part] == model.metrics[part], part


def test_measuring_again_counts_only_what_came_after_the_cut(tmp_path: Path) -> None:
    model = write(train_model(training_data(ROWS), ONE_CUT, NOW, REVISION), tmp_path / "model")
    early = [(user, "film+00+2000", 5.0, -100) for user in range(1, 60, 2)]  # found later, happened earlier
    late = [(user, "film+01+2000", 5.0, 10**6) for user in range(1, 60, 2)]
    plain = measure_again(model, training_data(ROWS), ONE_CUT)
    assert measure_again(model, training_data([*ROWS, *early]), ONE_CUT)["split"] == plain["split"]
    more = measure_again(model, training_data([*ROWS, *late]), ONE_CUT)
    assert more["split"]["test"] == plain["split"]["test"] + len(late)


def test_measuring_again_needs_the_training_data(tmp_path: Path) -> None:
    model = write(train_model(training_data(ROWS), PER_USER, NOW, REVISION), tmp_path / "model")
    with pytest.raises(TrainingError, match="do not hold all that"):
        measure_again(model, training_data(ROWS[:-200]), PER_USER)


@pytest.mark.parametrize(
    "rows",
    [[], [(1, "a", 5.0, 1)], [(1, movie, 4.0, 9) for movie in "abcdefgh"]],
    ids=["none", "one", "one user"],
)
def test_too_little_data_is_refused_with_what_to_do(rows: list[RatingRow]) -> None:
    with pytest.raises(NotEnoughDataError, match="import or ingest"):
        train_model(training_data(rows), PER_USER, NOW, REVISION)


def test_served_and_popular_lists_are_the_recommenders(trained: Trained) -> None:
    recommender = Recommender(trained.fitted.as_model())
    rows = np.arange(5)
    lists = systems.all_lists(recommender, rows, 10, seed=1)
    ids = trained.fitted.arrays["user_ids"][:5].tolist()
    assert lists["blend"].tolist() == [recommender.recommend(user, 10).rows for user in ids]
    assert lists["popularity"].tolist() == [recommender.popular(10, user_row=row).rows for row in range(5)]


@pytest.mark.parametrize(
    ("system", "weights"), [("als", (1, 0, 0)), ("svd", (0, 1, 0)), ("items", (0, 0, 1))]
)
def test_a_part_alone_is_what_a_blend_of_nothing_else_would_serve(
    trained: Trained, system: str, weights: tuple[int, int, int]
) -> None:
    model = trained.fitted.as_model()
    arrays = {
        **model.arrays,
        "user_blend": np.full_like(model.arrays["user_blend"], weights[:2]),
        "user_item": np.full_like(model.arrays["user_item"], weights[2]),
        "user_popular": np.zeros_like(model.arrays["user_popular"]),
        "user_list_row": np.full_like(model.arrays["user_list_row"], -1),
    }
    # Of ten places the last ones are equal: nothing of a user's own speaks for what is left.
    alone = systems.all_lists(Recommender(replace(model, arrays=arrays)), np.arange(60), 5, seed=1)
    assert alone[system].tolist() == alone["blend"].tolist()


def test_a_model_without_item_weights_is_measured_without_lists_of_them(trained: Trained) -> None:
    arrays = trained.fitted.arrays
    bare = replace(
        trained.fitted.as_model(), arrays={**arrays, **without_item_part(arrays)}, manifest=trained.details
    )
    ranking = measure_again(bare, training_data(ROWS), PER_USER)["ranking"]
    assert "items" not in ranking["systems"]
    assert not [name for name in ranking["ndcg_compared"] if "items" in name]
    assert {"items", "als", "svd"} <= set(trained.metrics["ranking"]["systems"])


def test_each_part_alone_keeps_the_popular_list_for_users_with_few_events() -> None:
    few: list[RatingRow] = [(901, "film+00+2000", 5.0, 1), (902, "film+39+2000", 5.0, 2)]
    fitted = train_model(training_data([*ROWS, *few]), PER_USER, NOW, REVISION).fitted
    model = fitted.as_model()
    scalars = {**fitted.scalars, "min_events": 2}
    recommender = Recommender(replace(model, manifest={**model.manifest, "scalars": scalars}))
    lists = systems.all_lists(recommender, np.array([0, 60, 61]), 10, seed=1)
    assert fitted.arrays["user_ids"][60:].tolist() == [901, 902]
    for part in ("als", "items", "svd"):
        assert lists[part][1:].tolist() == lists["popularity"][1:].tolist()
        assert lists[part][0].tolist() != lists["popularity"][0].tolist()


def test_every_compared_list_leaves_out_what_the_user_has_seen(trained: Trained) -> None:
    recommender = Recommender(trained.fitted.as_model())
    rows = np.arange(60)
    for name, lists in systems.all_lists(recommender, rows, 10, seed=1).items():
        for row in rows.tolist():
            assert not set(lists[row].tolist()) & set(recommender.seen_rows(row).tolist()), name


def test_groups_are_measured_where_something_is_known_of_them(trained: Trained) -> None:
    assert set(trained.metrics["groups"]) == {"gender", "age", "activity"}
    gender = trained.metrics["groups"]["gender"]
    assert sum(group["ranking"]["users"] for group in gender.values()) == trained.metrics["ranking"]["users"]
    data = training_data(ROWS)
    nobody = TrainingData(data.interactions, data.movies, data.users.iloc[:0], data.facts)
    assert set(train_model(nobody, PER_USER, NOW, REVISION).metrics["groups"]) == {"activity"}
