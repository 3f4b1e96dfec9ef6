"""Ticks as they are stored."""

import json
from typing import Any

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.release.judge.ticks import CANARY, Tick, TrackCounts
from tests.support.release.ticks import counts, tick


def test_a_tick_survives_being_stored() -> None:
    seen = counts(7, bad=2, fallback=1)
    one = tick(
        seen, tracks_present=False, mean_latency_ms={CANARY: None}, damaged_lines=3, foreign_attempts=2
    )
    assert Tick.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False))) == one


def test_what_is_not_a_number_is_stored_as_no_data() -> None:
    stored = tick(mean_latency_ms={CANARY: float("nan")}).to_json()
    assert json.loads(json.dumps(stored, allow_nan=False))["mean_latency_ms"] == {CANARY: None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "yesterday"),
        ("time", "2026-03-01T06:00:00"),
        ("duration_s", float("nan")),
        ("duration_s", -1),
        ("duration_s", None),
        ("counts", None),
        ("counts", {CANARY: {}}),
        ("mean_latency_ms", {CANARY: "fast"}),
        ("metrics_available", None),
        ("tracks_present", 1),
        ("damaged_lines", -1),
        ("foreign_attempts", "2"),
    ],
)
def test_a_damaged_tick_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadInputError):
        Tick.from_json({**tick().to_json(), name: value})


def test_a_tick_of_before_damaged_lines_were_kept_is_read() -> None:
    stored = tick(damaged_lines=3, foreign_attempts=2).to_json()
    del stored["damaged_lines"], stored["foreign_attempts"]
    assert Tick.from_json(stored) == tick()


def test_slow_attempts_that_nobody_looked_for_are_not_known_and_not_written() -> None:
    unknown = tick(TrackCounts(60), TrackCounts(240))
    assert "newly_slow" not in unknown.to_json()["counts"][CANARY]
    assert Tick.from_json(unknown.to_json()) == unknown
    assert tick(counts(60)).to_json()["counts"][CANARY]["newly_slow"] == 0


@pytest.mark.parametrize(
    "change", [{"users": -1}, {"users": 1.5}, {"first_bad": 61}, {"bad_attempts": 61}, {"newly_slow": -1}]
)
def test_counts_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    stored = tick().to_json()
    stored["counts"][CANARY] |= change
    with pytest.raises(BadInputError):
        Tick.from_json(stored)


def test_a_missing_tick_entry_is_refused() -> None:
    with pytest.raises(BadInputError):
        Tick.from_json({})
