"""Measured lists against popularity, up to the gate's word: what is shown counts, not the factor."""

from collections.abc import Mapping

import numpy as np
import pytest

from auto_deployment.dataset.arrays import Float64Array, Int32Array
from auto_deployment.statistics.bootstrap import Bootstrap
from auto_deployment.training.evaluate.measure_lists import Listed, measure_lists
from auto_deployment.training.evaluate.ranking_task import RankingTask
from auto_deployment.training.evaluate.recommenders import ALS, COUNT, ITEMS, POPULARITY, RANDOM, SERVED, SVD
from auto_deployment.training.gate.checks import GateCheck
from auto_deployment.training.gate.gate import judge_model
from tests.support.cycle.gate import SHIPPED_GATE, gate_facts

MOVIES = 400
LENGTH = 10
BOOTSTRAP = Bootstrap(samples=500, level=0.95, seed=1)
RNG = np.random.default_rng(5)


def verdict(lists: Mapping[str, Int32Array], relevant: Int32Array) -> tuple[GateCheck, float]:
    """Return the gate's check, and the factor of NDCG over popularity; one relevant movie a user."""
    users = len(relevant)
    keys = np.arange(users, dtype=np.int64) * MOVIES + relevant
    task = RankingTask(np.arange(users), np.ones(users, dtype=np.int64), keys, MOVIES, 0.0)
    systems = {
        name: lists.get(name, lists[POPULARITY])
        for name in (SERVED, ALS, ITEMS, SVD, POPULARITY, COUNT, RANDOM)
    }
    events = np.ones(MOVIES, dtype=np.int32)
    measured = measure_lists(Listed(np.arange(users), systems, task, events), BOOTSTRAP)
    compared = measured["ndcg_compared"]
    facts = gate_facts(metrics__ranking__ndcg_compared=compared)
    (found,) = [one for one in judge_model(facts, SHIPPED_GATE).checks if one.name == "popularity"]
    return found, compared["blend_over_popularity"]["value"]


def hits_at(places: Float64Array, relevant: Int32Array) -> Int32Array:
    """Return a list for each user with the relevant movie at a place; none where it is -1."""
    lists = np.tile(np.arange(LENGTH, dtype=np.int32), (len(relevant), 1))
    rows = np.flatnonzero(places >= 0)
    lists[rows, places[rows].astype(int)] = relevant[rows]
    return lists


def relevant_of(users: int) -> Int32Array:
    return RNG.integers(LENGTH, MOVIES, users).astype(np.int32)


def test_what_is_surely_a_little_better_passes() -> None:
    relevant = relevant_of(3000)
    places = np.where(np.arange(3000) % 4, -1.0, 4.0)
    better = np.where(np.arange(3000) % 8, places, 3.0)  # half of those who are met, one place higher
    found, factor = verdict(
        {SERVED: hits_at(better, relevant), POPULARITY: hits_at(places, relevant)}, relevant
    )
    assert 1.05 < factor < 1.1
    assert found.passed


def test_what_is_much_better_by_luck_does_not() -> None:
    relevant = relevant_of(12)
    popular = np.array([0.0, -1, -1, 1, -1, 2, -1, -1, -1, -1, -1, -1])
    served = np.array([-1.0, 0, -1, -1, 0, 1, -1, -1, -1, 2, -1, -1])
    found, factor = verdict(
        {SERVED: hits_at(served, relevant), POPULARITY: hits_at(popular, relevant)}, relevant
    )
    assert factor > 1.2
    assert found.passed is False


@pytest.mark.parametrize("users", [12, 2000])
def test_popularity_itself_does_not(users: int) -> None:
    relevant = relevant_of(users)
    lists = hits_at(RNG.integers(-1, LENGTH, users).astype(float), relevant)
    found, factor = verdict({SERVED: lists, POPULARITY: lists}, relevant)
    assert factor == pytest.approx(1)
    assert found.passed is False


def test_popularity_by_plain_count_does_not_pass_where_recent_popularity_is_poor() -> None:
    relevant = relevant_of(2000)
    count, nothing = hits_at(np.zeros(2000), relevant), hits_at(np.full(2000, -1.0), relevant)
    found, _ = verdict({SERVED: count, COUNT: count, POPULARITY: nothing}, relevant)
    assert found.passed is False


def test_random_lists_do_not() -> None:
    relevant = relevant_of(500)
    some = np.argsort(RNG.random((500, MOVIES)), axis=1)[:, :LENGTH].astype(np.int32)
    popular = hits_at(np.where(np.arange(500) % 5, -1.0, 3.0), relevant)
    found, _ = verdict({SERVED: some, POPULARITY: popular}, relevant)
    assert found.passed is False


def test_nobody_to_measure_is_not_shown_to_be_better() -> None:
    nobody = np.zeros((0, LENGTH), dtype=np.int32)
    found, _ = verdict({POPULARITY: nobody}, np.zeros(0, dtype=np.int32))
    assert found.passed is None
    assert "could not be measured" in found.sentence
