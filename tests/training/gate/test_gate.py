"""What lets a model pass, what does not, and what the gate says about it."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.training.gate.checks import GateCheck, GateResult
from auto_deployment.training.gate.gate import GateFacts, judge_model
from auto_deployment.training.gate.page import render_gate
from tests.support.cycle.gate import (
    CONTENT,
    GOOD,
    NOTHING_KNOWN,
    SHIPPED_GATE,
    estimate,
    gate_facts,
    put,
)

PARAMS = replace(SHIPPED_GATE, bias_margin=0.01)
RMSE = "metrics__rating__svd__rmse"
BIAS = "metrics__rating__svd_minus_bias__rmse"
POPULARITY = "metrics__ranking__ndcg_compared__blend_minus_popularity"
COUNT = "metrics__ranking__ndcg_compared__blend_minus_count"
COVERAGE = "metrics__ranking__systems__blend__coverage"
NDCG = "comparison__ranking__difference"


def check(facts: GateFacts, name: str) -> GateCheck:
    (found,) = [one for one in judge_model(facts, PARAMS).checks if one.name == name]
    return found


def below_zero(high: float) -> dict[str, float]:
    return {"value": -0.02, "low": -0.03, "high": high}


@pytest.mark.parametrize(
    ("name", "where", "value", "passed"),
    [
        ("rmse", RMSE, estimate(0.9999), True),
        ("rmse", RMSE, estimate(1.0), False),
        ("rmse", RMSE, estimate(1.0001), False),
        ("bias", BIAS, estimate(-0.0101), True),
        ("bias", BIAS, estimate(-0.01), False),
        ("bias", BIAS, estimate(-0.0099), False),
        ("popularity", POPULARITY, estimate(0.01001), True),
        ("popularity", POPULARITY, estimate(0.01), False),
        ("popularity", COUNT, estimate(0.01001), True),
        ("popularity", COUNT, estimate(0.01), False),
        ("popularity", POPULARITY, estimate(0.0, width=0.0), False),  # the same lists
        ("popularity", POPULARITY, estimate(1e-9, width=0.0), False),  # and what rounding makes of that
        ("popularity", POPULARITY, estimate(-0.05), False),
        ("coverage", COVERAGE, estimate(0.02), True),
        ("coverage", COVERAGE, estimate(0.0199), False),
        ("same_list", "probe__commonest", 90, True),
        ("same_list", "probe__commonest", 91, False),
        ("champion_rmse", "comparison__rating__ratio", estimate(1.005), True),
        ("champion_rmse", "comparison__rating__ratio", estimate(1.0051), False),
        ("champion_ndcg", NDCG, below_zero(0.0), True),
        ("champion_ndcg", NDCG, below_zero(-0.0001), False),
        ("new_events", "new_events", 1000, True),
        ("new_events", "new_events", 999, False),
        ("segments", "intake__damaged", {"a.parquet": "no file"}, True),
        ("segments", "intake__damaged", {"a.parquet": "no file", "b.parquet": "no file"}, False),
        ("drift", "intake__drift", {"a": 1, "b": 2, "c": 3}, True),
        ("drift", "intake__drift", {"a": 1, "b": 2, "c": 3, "d": 4}, False),
        ("wrong_lists", "probe__wrong", 0, True),
        ("wrong_lists", "probe__wrong", 1, False),
        ("answer_ms", "probe__answer_ms", 50.0, True),
        ("answer_ms", "probe__answer_ms", 50.1, False),
        ("load_s", "probe__load_s", 60.0, True),
        ("load_s", "probe__load_s", 60.1, False),
        ("size_mb", "probe__size_mb", 8000.0, True),
        ("size_mb", "probe__size_mb", 8000.1, False),
        ("rejected", "rejected", {"d" * 64: "too slow"}, True),
        ("rejected", "rejected", {CONTENT: "too slow"}, False),
    ],
)
def test_each_check_holds_its_value_against_its_limit(
    name: str, where: str, value: Any, passed: bool
) -> None:
    facts = gate_facts(**{where: value})
    result = judge_model(facts, PARAMS)
    assert check(facts, name).passed is passed
    assert result.passed is passed
    assert [one.name for one in result.failed] == ([] if passed else [name])


@pytest.mark.parametrize("where", [RMSE, BIAS, POPULARITY, COUNT, COVERAGE])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_could_not_be_measured_does_not_pass_and_says_so(where: str, value: float | None) -> None:
    (failed,) = judge_model(gate_facts(**{where: {**NOTHING_KNOWN, "value": value}}), PARAMS).failed
    assert failed.passed is None
    assert "could not be measured" in failed.sentence
    assert failed.value is None


def numbers_of(content: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of what a bootstrap measures: dictionaries with value, low and high."""
    if not isinstance(content, dict):
        return []
    if set(content) == set(NOTHING_KNOWN):
        return [path]
    return [found for name, inner in content.items() for found in numbers_of(inner, (*path, name))]


IGNORED = {("comparison", "ranking", "challenger"), ("comparison", "ranking", "champion")}  # only shown
MEASURED = [
    path
    for path in numbers_of({name: GOOD[name] for name in ("metrics", "comparison")})
    if path not in IGNORED and "18-24" not in path
]


@given(st.sets(st.sampled_from(MEASURED), min_size=1))
def test_no_missing_measurement_ever_passes(missing: set[tuple[str, ...]]) -> None:
    facts = deepcopy(GOOD)
    for path in missing:
        put(facts, list(path), dict(NOTHING_KNOWN))
    result = judge_model(GateFacts(**facts), PARAMS)
    assert not result.passed
    assert all(one.passed is None for one in result.failed)


def test_the_paths_that_may_be_missing_are_all_there_are() -> None:
    assert len(MEASURED) == 5 + 2 + 2 * 3


@given(st.lists(st.sampled_from([True, False, None]), max_size=5))
def test_a_result_passed_only_if_every_check_did(found: list[bool | None]) -> None:
    result = GateResult(tuple(GateCheck(str(place), passed, "") for place, passed in enumerate(found)))
    assert result.passed is all(passed is True for passed in found)
    assert len(result.failed) == sum(passed is not True for passed in found)


@pytest.mark.parametrize("name", ["rmse", "bias", "popularity", "coverage", "champion_rmse", "champion_ndcg"])
def test_a_sentence_says_value_interval_and_limit(name: str) -> None:
    found = check(gate_facts(), name)
    assert None not in (found.value, found.limit, found.low, found.high)
    for number in (found.value, found.low, found.high):
        assert f"{number:.4g}" in found.sentence or f"{number:+.4f}" in found.sentence
    assert f"{found.limit:g}" in found.sentence
    assert found.sentence.endswith(".")


def test_the_shipped_limits() -> None:
    assert SHIPPED_GATE.rmse_max == 1.0  # the founding rule
    assert SHIPPED_GATE.bias_margin == 0.0
    assert SHIPPED_GATE.champion_rmse_loss_max == 0.005
    assert SHIPPED_GATE.probe_users == 1000
    assert judge_model(gate_facts(), SHIPPED_GATE).passed
    for nothing in (0.0, -1e-9):  # no better, and what rounding makes of that
        assert not judge_model(gate_facts(**{BIAS: estimate(nothing)}), SHIPPED_GATE).passed


def test_the_stronger_popularity_has_to_be_beaten() -> None:
    found = check(gate_facts(**{COUNT: estimate(0.02)}), "popularity")
    assert found.value == 0.02
    assert "plain count" in found.sentence


def test_the_list_that_is_harder_to_beat_is_the_one_with_the_lower_end() -> None:
    wide = {"value": 0.08, "low": -0.001, "high": 0.16}
    found = check(gate_facts(**{COUNT: wide}), "popularity")
    assert found.passed is False
    assert found.sentence == (
        "NDCG@10 minus that of popularity by plain count is +0.0800 (-0.0010 to +0.1600), "
        "the lower end must be above 0."
    )


def test_the_first_model_has_no_champion_and_says_so() -> None:
    facts = gate_facts(comparison=None, champion={"version": None, "source": "there is none yet"})
    result = judge_model(facts, PARAMS)
    assert result.passed
    assert "first model" in check(facts, "champion").sentence
    assert "Champion: none, there is none yet." in render_gate(result, facts)


def test_a_champion_that_cannot_be_compared_stops_publishing() -> None:
    facts = gate_facts(comparison={"error": "manifest.json was changed."}, new_events=None)
    failed = judge_model(facts, PARAMS).failed
    assert [(one.name, one.passed) for one in failed] == [("champion", None), ("new_events", None)]
    assert "20260227T0000-aaaaaaaa cannot be compared: manifest.json was changed." in failed[0].sentence


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"probe__error": "user_ids.npy is damaged."}, "user_ids.npy is damaged."),
        ({"probe__users": 0}, "no user"),
    ],
)
def test_an_artefact_that_cannot_be_asked_does_not_pass(changed: dict[str, Any], said: str) -> None:
    found = check(gate_facts(**changed), "artefact")
    assert found.passed is None
    assert said in found.sentence


@pytest.mark.parametrize(
    ("personal", "commonest", "passed"), [(0, 0, None), (1, 1, None), (2, 1, True), (2, 2, False)]
)
def test_few_personal_lists_must_all_differ(personal: int, commonest: int, passed: bool | None) -> None:
    facts = gate_facts(probe__personal=personal, probe__commonest=commonest)
    assert check(facts, "same_list").passed is passed


def test_damaged_segments_and_drift_are_named() -> None:
    facts = gate_facts(intake={"damaged": {"b.parquet": "x", "a.parquet": "y"}, "drift": {"rating_mean": {}}})
    assert "(a.parquet, b.parquet)" in check(facts, "segments").sentence
    assert "(rating_mean)" in check(facts, "drift").sentence


def test_counts_say_of_how_many() -> None:
    found = check(gate_facts(probe__wrong=7), "wrong_lists")
    assert found.sentence.endswith("too few titles (1,000 users asked) is 7, at most 0 is allowed.")
