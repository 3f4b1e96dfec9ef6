"""A weight is chosen by some users, has to prove itself with others, and is 0 where it does not."""

from collections.abc import Callable

import numpy as np
import pytest

from auto_deployment.statistics.bootstrap import Bootstrap
from auto_deployment.training.personal.ask import Tried
from auto_deployment.training.personal.weigh import Weighed, weigh
from search.fusion import Kind

WEIGHTS = (0.0, 0.5, 1.0)
BOOTSTRAP = Bootstrap(200, 0.95, 1)
Gain = Callable[[int, float], float]  # of a user by a weight


def tried(gain: Gain, kind: Kind = Kind.FACTS, rule: str = "genres", first: float = 1.0) -> list[Tried]:
    draw = np.random.default_rng(3)
    base = draw.random((200, 2)) / 4 + 0.2
    return [
        Tried(
            user,
            rule,
            kind,
            {one: float(rank) + gain(user, one) for one in WEIGHTS},
            {one: not one or user % 100 < 100 * first for one in WEIGHTS},
        )
        for user in range(200)
        for rank in base[user]
    ]


def weights(found: Weighed) -> dict[Kind, float]:
    return {kind: choice.weight for kind, choice in found.choices.items()}


def test_the_best_weight_of_one_half_is_taken_where_the_other_half_gains() -> None:
    asked = [*tried(lambda user, one: 0.1 * one), *tried(lambda user, one: -0.1 * one, Kind.WORDS, "words")]
    found = weigh(asked, WEIGHTS, BOOTSTRAP)
    assert weights(found) == {Kind.FACTS: 1.0, Kind.WORDS: 0.0}
    worth = found.choices[Kind.FACTS].worth
    assert (worth.questions, worth.users) == (200, 100)
    assert worth.gain == {"value": pytest.approx(0.1), "low": pytest.approx(0.1), "high": pytest.approx(0.1)}
    assert found.rules["genres"].gain["value"] == pytest.approx(0.1)
    assert found.rules["words"].gain["value"] == 0  # as it has no weight


def test_what_one_half_gains_by_and_the_other_does_not_has_no_weight() -> None:
    found = weigh(tried(lambda user, one: 0.1 * one * (-1) ** user), WEIGHTS, BOOTSTRAP)
    assert found.choices[Kind.FACTS].best == 1.0
    assert weights(found) == {Kind.FACTS: 0.0}
    assert found.rules["genres"].gain["value"] == 0


def test_a_gain_within_chance_has_no_weight() -> None:
    noise = np.random.default_rng(5).normal(0.002, 0.2, 200)
    found = weigh(tried(lambda user, one: float(noise[user]) * one), WEIGHTS, BOOTSTRAP)
    assert weights(found) == {Kind.FACTS: 0.0}


def test_of_equal_weights_the_lowest_is_taken() -> None:
    found = weigh(tried(lambda user, one: 0.1 * (one > 0)), WEIGHTS, BOOTSTRAP)
    assert weights(found) == {Kind.FACTS: 0.5}


def test_it_says_how_often_a_title_that_is_asked_for_comes_first() -> None:
    for share in (1.0, 0.9):
        asked = tried(lambda user, one: 0.1 * one, Kind.WORDS, "title", share)
        assert weigh(asked, WEIGHTS, BOOTSTRAP).first == pytest.approx(share)


def test_without_anybody_to_measure_with_nothing_is_chosen() -> None:
    found = weigh([one for one in tried(lambda user, one: 0.1) if one.user_row % 2], WEIGHTS, BOOTSTRAP)
    assert found.choices == {}
    assert found.rules["genres"].gain["value"] == 0
    assert weigh([], WEIGHTS, BOOTSTRAP).rules == {}
