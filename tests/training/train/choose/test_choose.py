"""What a model chooses for itself, on later events of its own training data."""

from dataclasses import replace

import numpy as np
import pytest

from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.train.choose import choose as choosing
from auto_deployment.training.train.choose.choice import EVENTS_FROM
from auto_deployment.training.train.choose.choose import choose
from auto_deployment.training.train.choose.popular import ALONE
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import RatingRow, small_params, taste_rows, tastes, training_data

PARAMS = small_params()
FACTORS_WIN, ITEMS_WIN = "tastes of few dimensions", "sequels"


def sequels(users: int = 300, pairs: int = 40, watched: int = 6) -> list[RatingRow]:
    """Return ratings by people who like anything, and then like its sequel."""
    rng = np.random.default_rng(6)
    rows = []
    for user in range(1, users + 1):
        for place, pair in enumerate(rng.choice(pairs, watched, replace=False).tolist()):
            for part in (0, 1):
                rows.append((user, f"film+{2 * pair + part:02}", 5.0, 100 * (2 * place + part) + user % 60))
    # Of the last pair the sequel is what is held out.
    return rows


def trainset_of(rows: list[RatingRow]) -> Trainset:
    return make_trainset(training_data(rows).interactions)


@pytest.fixture(scope="module")
def trainsets() -> dict[str, Trainset]:
    return {FACTORS_WIN: trainset_of(tastes()), ITEMS_WIN: trainset_of(sequels())}


def test_the_part_that_is_better_later_has_the_weight(trainsets: dict[str, Trainset]) -> None:
    of_tastes, _ = choose(trainsets[FACTORS_WIN], "per_user", PARAMS.prepare, PARAMS.train)
    of_sequels, _ = choose(trainsets[ITEMS_WIN], "per_user", PARAMS.prepare, PARAMS.train)
    assert of_tastes.item_weight < 0.5 < of_sequels.item_weight


@pytest.mark.parametrize("kind", ["global", "per_user", "random"])
def test_the_same_data_give_the_same_choice(trainsets: dict[str, Trainset], kind: str) -> None:
    one, same = (
        choose(trainsets[FACTORS_WIN], kind, PARAMS.prepare, PARAMS.train)  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert one == same


def test_every_candidate_is_told_with_what_it_was_worth(trainsets: dict[str, Trainset]) -> None:
    choice, tried = choose(trainsets[FACTORS_WIN], "per_user", PARAMS.prepare, PARAMS.train)
    plain = {one["item_weight"]: one["ndcg"] for one in tried["candidates"] if one["half_life"] is None}
    assert sorted(plain) == pytest.approx([0, 1 / 3, 0.5, 0.75, 1])
    assert plain[choice.item_weight] == max(plain.values())
    assert {one["half_life"] for one in tried["candidates"]} == {None, 100, 30, 10}
    assert all({"0", "2", "alone"} <= set(group["ndcg"]) for group in tried["popularity"])


def test_what_is_held_out_from_training_changes_no_choice() -> None:
    rows = tastes()
    split = split_by_time(training_data(rows).interactions, PARAMS.prepare)
    held_out = set(zip(split.test["user_id"], split.test["movie_id"], strict=True))
    turned: list[RatingRow] = [
        (user, movie, 1.0 if (user, movie) in held_out else rating, minute)
        for user, movie, rating, minute in rows
    ]
    found = []
    for each in (rows, turned):
        again = split_by_time(training_data(each).interactions, PARAMS.prepare)
        trainset = make_trainset(again.train)
        found.append(choose(trainset, again.kind, PARAMS.prepare, PARAMS.train))
    assert held_out
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "rows",
    [
        [(user, movie, 5.0, place) for user in (1, 2) for place, movie in enumerate("ab")],
        [(user, f"film+{place}", 1.0, place) for user in range(60) for place in range(9)],
    ],
    ids=["two users and two movies", "nothing is liked"],
)
def test_where_there_is_nothing_to_choose_on_both_parts_count_alike(rows: list[RatingRow]) -> None:
    choice, tried = choose(trainset_of(rows), "per_user", PARAMS.prepare, PARAMS.train)
    assert (choice.item_weight, choice.half_life, choice.min_events) == (0.5, None, PARAMS.train.min_events)
    assert tried == {"users": 0}


def test_no_more_users_are_asked_than_wanted(trainsets: dict[str, Trainset]) -> None:
    how = replace(PARAMS.train.choose, users=70, cut_shares=(0.3, 0.2))
    params = replace(PARAMS.train, choose=how)
    _, tried = choose(trainsets[FACTORS_WIN], "per_user", PARAMS.prepare, params)
    assert tried["users"] == 70


def test_two_kinds_of_users_are_told_apart_after_one_cut_for_all() -> None:
    choice, tried = choose(trainset_of(taste_rows()), "global", PARAMS.prepare, PARAMS.train)
    assert tried["users"] >= 30
    assert choice.min_events >= 1


def test_where_popularity_is_best_for_everybody_nobody_gets_a_personal_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choosing, "falling_weights", lambda *_: [ALONE] * len(EVENTS_FROM))
    trainset = trainset_of(tastes(users=60, events=70))
    choice, _ = choose(trainset, "per_user", PARAMS.prepare, PARAMS.train)
    assert choice.min_events > trainset.events_per_user().max()
