"""Challenger against champion: the same questions to both, whatever else each of them knows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.artifact import Model, Movies
from app.model_format import without_item_part
from app.recommender import Recommender
from auto_deployment.training.evaluate.compare import Pair, compare, later_than_both
from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.train.fit import fit
from auto_deployment.training.train.trainset import make_trainset
from tests.support.models import Size, make_arrays, make_details, make_movies
from tests.support.training import (
    START,
    RatingRow,
    movies_frame,
    ratings_frame,
    small_params,
    taste_rows,
    training_data,
    users_frame,
)

SIZE = Size(users=60, movies=50, stored=0)
PARAMS = small_params()
NOT_LIKED = -1000.0  # a score that keeps a movie off every list


def recommender(
    arrays: Mapping[str, Any], movies: Movies, kind: str = "per_user", watermark_min: int = 0
) -> Recommender:
    watermark = (START + timedelta(minutes=watermark_min)).isoformat()
    details = {**make_details(SIZE, "v1"), "split": {"kind": kind}, "watermark": watermark}
    return Recommender(Model(details, arrays, movies))


def plain(**how: Any) -> Recommender:
    return recommender(make_arrays(SIZE), make_movies(SIZE), **how)


def elsewhere() -> Recommender:
    """Return the same tastes in a model that knows other users and movies too, all of them in other rows."""
    arrays, movies = make_arrays(SIZE), make_movies(SIZE)
    rng = np.random.default_rng(5)
    kept = np.setdiff1d(np.arange(SIZE.users), [0, 7, 30, 31, 59])
    ids = np.concatenate([arrays["user_ids"][kept], [0, 500, 501], np.arange(1000, 1020)])
    users = np.concatenate([kept, np.arange(23)])
    users, ids = users[np.argsort(ids)], np.sort(ids)
    order = rng.permutation(SIZE.movies)
    place = np.argsort(order)  # of an old row among the new ones, which begin with three unknown titles
    seen = [np.sort(place[_seen(arrays, user)] + 3) for user in users]
    unknown = np.zeros((3, arrays["item_factors"].shape[1]), dtype="f4")
    unknown[:, -1] = NOT_LIKED
    changed = {
        **{name: arrays[name][users] for name in ("user_events", "user_factors", "user_blend", "user_bias")},
        "user_ids": ids,
        "user_list_row": np.full(len(ids), -1, dtype="i4"),
        "seen_indptr": np.concatenate([[0], np.cumsum([len(one) for one in seen])]),
        "seen_items": np.concatenate(seen).astype("i4"),
        "item_factors": np.vstack([unknown, arrays["item_factors"][order]]),
        "item_popularity": np.concatenate([np.zeros(3, "f4"), arrays["item_popularity"][order]]),
        "popular_order": np.concatenate([place[arrays["popular_order"]] + 3, [0, 1, 2]]),
        "genre_mask": np.hstack([np.zeros((4, 3), bool), arrays["genre_mask"][:, order]]),
    }
    names = ["a+1900", "b+1900", "c+1900", *(movies.ids[row] for row in order)]
    changed |= without_item_part(changed)
    return recommender({**arrays, **changed}, Movies(names, names, movies.genres))


def _seen(arrays: Mapping[str, Any], user: int) -> Any:
    return np.unique(arrays["seen_items"][arrays["seen_indptr"][user] : arrays["seen_indptr"][user + 1]])


def held_out(users: range = range(1, 61)) -> pd.DataFrame:
    """Return ratings of movies that these users of `plain` have not seen, and of somebody nobody knows."""
    arrays, movies = make_arrays(SIZE), make_movies(SIZE)
    rng = np.random.default_rng(2)
    rows: list[RatingRow] = [(9999, movies.ids[0], 5.0, 5)]
    for user in users:
        unseen = np.setdiff1d(np.arange(SIZE.movies), _seen(arrays, user - 1))
        chosen = rng.choice(unseen, 4, replace=False)
        rows += [
            (user, movies.ids[row], float(rating), 100 + user)
            for row, rating in zip(chosen, (5, 5, 4, 1), strict=True)
        ]
    return training_data(rows).interactions


def ndcg_by_hand(one: Recommender, test: pd.DataFrame, user: int) -> float:
    liked = set(test[(test["user_id"] == user) & (test["rating"] >= 4)]["movie_id"])
    found = [one.movie_ids[row] for row in one.recommend(user, 10).rows]
    gain = sum(1 / np.log2(place + 2) for place, movie in enumerate(found) if movie in liked)
    return float(gain / sum(1 / np.log2(place + 2) for place in range(len(liked))))


@pytest.mark.parametrize("max_users", [10_000, 9])
def test_both_models_are_asked_about_the_same_users_in_the_same_order(max_users: int) -> None:
    params = replace(PARAMS, evaluate=replace(PARAMS.evaluate, max_users=max_users))
    found = compare(Pair(plain(), elsewhere()), held_out(), users_frame(range(1, 61)), params)
    assert found["ranking"]["users"] == min(max_users, 55)
    assert found["ranking"]["challenger"]["value"] > 0.05
    # Equal tastes: were any user held against another one, draws of users would show a difference.
    assert found["ranking"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    for of_kind in found["groups"].values():
        assert {group["difference"]["value"] for group in of_kind.values()} == {0.0}
    assert found["rating"]["ratio"]["value"] == pytest.approx(1.0, abs=1e-6)


def test_the_numbers_are_those_of_what_each_would_serve() -> None:
    test = held_out()
    other_tastes = recommender(make_arrays(SIZE, seed=9), make_movies(SIZE))
    found = compare(Pair(other_tastes, elsewhere()), test, users_frame(range(1, 61)), PARAMS)
    new = later_than_both(test, Pair(other_tastes, elsewhere()))
    common = sorted(set(range(1, 61)) - {1, 8, 31, 32, 60})
    mine = [ndcg_by_hand(other_tastes, new, user) for user in common]
    champion = [ndcg_by_hand(elsewhere(), new, user) for user in common]
    assert found["ranking"]["users"] == 55
    assert found["ranking"]["challenger"]["value"] == pytest.approx(np.mean(mine))
    assert found["ranking"]["champion"]["value"] == pytest.approx(np.mean(champion))
    assert found["ranking"]["difference"]["value"] == pytest.approx(np.mean(mine) - np.mean(champion))


def test_ratings_are_compared_on_pairs_that_both_can_predict() -> None:
    test = held_out()
    other_tastes = recommender(make_arrays(SIZE, seed=9), make_movies(SIZE))
    found = compare(Pair(other_tastes, elsewhere()), test, users_frame(range(1, 61)), PARAMS)["rating"]
    here = ~test["user_id"].isin([1, 8, 31, 32, 60, 9999]).to_numpy()
    users, movies, truth = test["user_id"][here], test["movie_id"][here].tolist(), test["rating"][here]
    rmse = [
        float(np.sqrt(np.mean((one.predict(users, movies) - truth.to_numpy()) ** 2)))
        for one in (other_tastes, elsewhere())
    ]
    assert found["pairs"] == here.sum() == 55 * 4
    assert found["users"] == 55
    assert found["ratio"]["value"] == pytest.approx(rmse[0] / rmse[1])
    assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]


def test_groups_are_of_gender_and_age_and_hold_everybody_once() -> None:
    found = compare(Pair(plain(), elsewhere()), held_out(), users_frame(range(1, 61)), PARAMS)
    assert set(found["groups"]) == {"gender", "age"}
    for of_kind in found["groups"].values():
        assert sum(group["users"] for group in of_kind.values()) == 55
    assert found["groups"]["gender"]["unknown"]["users"] == len([u for u in range(7, 61, 7) if u not in (8,)])


def test_without_anybody_in_common_nothing_is_known() -> None:
    strangers = {**make_arrays(SIZE), "user_ids": np.arange(SIZE.users) + 5000}
    champion = recommender(strangers, make_movies(SIZE))
    found = compare(Pair(plain(), champion), held_out(), users_frame(), PARAMS)
    assert found["ranking"]["users"] == found["rating"]["pairs"] == 0
    assert found["ranking"]["difference"] == {"value": None, "low": None, "high": None}
    assert found["rating"]["ratio"]["value"] is None


@pytest.mark.parametrize(("kind", "minutes"), [("global", [50, 51]), ("per_user", [10, 49, 50, 51])])
def test_of_a_champion_with_one_cut_only_what_came_after_it_counts(kind: str, minutes: list[int]) -> None:
    champion = plain(kind=kind, watermark_min=50)
    seen = champion.movie_ids[int(champion.seen_rows(0)[0])]
    new = [one for one in champion.movie_ids if one not in {champion.movie_ids[r] for r in _rows(champion)}]
    rows: list[RatingRow] = [(1, seen, 5.0, 99)]
    rows += [(1, movie, 5.0, minute) for movie, minute in zip(new, (10, 49, 50, 51), strict=False)]
    kept = later_than_both(training_data(rows).interactions, Pair(plain(), champion))
    found = [int((time - pd.Timestamp(START)).total_seconds() // 60) for time in kept["time"]]
    assert found == minutes


def _rows(one: Recommender) -> list[int]:
    return [int(row) for row in one.seen_rows(0)]


@pytest.mark.parametrize("champion_cut", [20, 500], ids=["champion global", "champion per user"])
@pytest.mark.parametrize("challenger_cut", [20, 500], ids=["challenger global", "challenger per user"])
def test_nothing_that_either_has_learnt_from_is_asked_for(champion_cut: int, challenger_cut: int) -> None:
    rows = taste_rows()
    older = [row for row in rows if row[3] < 11 * 1440]
    pair = Pair(_trained(rows, challenger_cut)[0], champion := _trained(older, champion_cut)[0])
    test = _trained(rows, challenger_cut)[1]
    later = later_than_both(test, pair)
    assert 0 < len(later) <= len(test)
    for one in pair.both():
        for user, movie in zip(later["user_id"], later["movie_id"], strict=True):
            row = one.user_row(user)
            assert row is None or movie not in {one.movie_ids[seen] for seen in one.seen_rows(row)}
    if champion_cut == 20:
        assert later["time"].min() >= pd.Timestamp(champion.model.manifest["watermark"])


def _trained(rows: list[RatingRow], min_split_users: int) -> tuple[Recommender, pd.DataFrame]:
    params = small_params(min_split_users)
    data = training_data(rows, params=params)
    split = split_by_time(data.interactions, params.prepare)
    assert split.kind == ("global" if min_split_users == 20 else "per_user")
    train = replace(
        params.train,
        svd=replace(params.train.svd, epochs=1),
        lists=replace(params.train.lists, stored_users=0),
    )
    fitted = fit(
        make_trainset(split.train),
        movies_frame(sorted(ratings_frame(rows)["movie_id"].unique())),
        replace(params, train=train),
        split.kind,
    )
    details = {
        "scalars": fitted.scalars,
        "split": {"kind": split.kind},
        "watermark": split.watermark.isoformat(),
    }
    return Recommender(replace(fitted.as_model(), manifest=details)), split.test
