"""What recent events are worth, on data small enough to fit in a moment."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from scipy.sparse import csr_matrix

from auto_deployment.training.evaluate import since
from auto_deployment.training.evaluate.recent import measure_recent
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.train.choose.choice import (
    EVENTS_FROM,
    NEVER,
    Choice,
    describe_choice,
    plain_choice,
)
from auto_deployment.training.train.choose.choose import choose
from auto_deployment.training.train.item_model import fit_items
from auto_deployment.training.train.ranking_model import fit_als
from auto_deployment.training.train.strength import liked
from auto_deployment.training.train.trainset import make_trainset
from tests.support.project import PROJECT
from tests.support.training import RatingRow, one_taste, small_params, taste_rows, tastes, training_data

PARAMS = small_params()


def test_lists_are_measured_with_and_without_recent_events() -> None:
    split = split_by_time(training_data(taste_rows()).interactions, PARAMS.prepare)
    details = {**describe_split(split), "choice": describe_choice(plain_choice(0.5, 1))}
    found = measure_recent(details, split.train, split.test, PARAMS)
    assert found["known"]["users"] >= 30
    assert found["known"]["recent_minus_stale"]["value"] >= 0
    assert [one["events"] for one in found["new"]] == [1, 2, 3, 5, 10, 20]
    assert found == measure_recent(details, split.train, split.test, PARAMS)


def new_after_five(rows: list[RatingRow]) -> tuple[Choice, dict[str, Any]]:
    """Choose and measure as a training does; return what new users with five events have of it."""
    split = split_by_time(training_data(rows).interactions, PARAMS.prepare)
    how = replace(PARAMS.train, choose=replace(PARAMS.train.choose, newcomers=60))
    choice, _ = choose(make_trainset(split.train), split.kind, PARAMS.prepare, how)
    details = {**describe_split(split), "choice": describe_choice(choice)}
    found = measure_recent(details, split.train, split.test, PARAMS)
    return choice, next(one for one in found["new"] if one["events"] == 5)


def test_where_tastes_are_factors_a_new_user_with_five_events_has_a_better_list_than_popularity() -> None:
    choice, new = new_after_five(tastes(users=400))
    assert choice.own_list_events is not None
    assert choice.own_list_events <= 5
    assert new["served_over_popularity"]["value"] > 1.3
    assert new["served_minus_popularity"]["low"] > 0


def test_where_everybody_likes_the_same_popularity_stays() -> None:
    choice, new = new_after_five(one_taste(users=400))
    assert choice.own_list_events == NEVER
    assert new["served"] == new["popularity"]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_part_that_counts_in_no_list_is_not_fitted_and_nothing_else_is_found(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = split_by_time(training_data(taste_rows()).interactions, PARAMS.prepare)
    choice = Choice(share, None, (0.5,) * len(EVENTS_FROM), 1, 1, ((1, 0.5),))
    details = {**describe_split(split), "choice": describe_choice(choice)}
    found = measure_recent(details, split.train, split.test, PARAMS)
    likes: list[csr_matrix] = []

    def keep(*args: Any) -> csr_matrix:
        likes.append(liked(*args))
        return likes[-1]

    monkeypatch.setattr(since, "liked", keep)
    monkeypatch.setattr(since, "fit_als", lambda _, *rest: fit_als(likes[-1], *rest))
    monkeypatch.setattr(since, "fit_items", lambda _, *rest: fit_items(likes[-1], *rest))
    assert found == measure_recent(details, split.train, split.test, PARAMS)
    assert len(likes) == 1
    assert found["known"]["recent"]["value"] > 0


def test_what_cannot_be_measured_says_why() -> None:
    split = split_by_time(training_data(taste_rows()).interactions, PARAMS.prepare)
    details = {"split": {"kind": "random"}, "choice": describe_choice(plain_choice(0.5, 1))}
    assert "recent" in measure_recent(details, split.train, split.test, PARAMS)["skipped"]
    assert "skipped" in measure_recent({"split": {"kind": "global"}}, split.train, split.test, PARAMS)


def test_training_needs_no_library_of_the_store() -> None:
    code = (
        "import sys; sys.modules.update(lmdb=None, redis=None);"
        "import auto_deployment.training.evaluate.recent"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
