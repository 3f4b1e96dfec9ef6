"""The release parameters: shipped with what the product promises, and refused where they promise nothing."""

from dataclasses import replace
from typing import Any

import pytest

from auto_deployment.errors import BadInputError
from tests.support.release.ticks import SHIPPED

PROMISED = {
    "window_s": 43_200,
    "max_window_s": 86_400,
    "metrics_unavailable_max_s": 3_600,
    "mean_latency_max_ms": 500,
    "slo_bad_share": 0.01,
    "min_users": 300,
    "slow_ms": 150,
    "slo_span_s": 3_600,
    "alpha": 0.01,
    "beta": 0.05,
    "tolerated_ratio": 1.25,
    "harm_ratios": (1.5, 2, 3, 5, 10, 30),
    "excluded_ratio": 3,
    "excluded_ratios": (0.5, 0.75, 1, 1.25),
    "slo_broken_ratios": (1.5, 2, 3, 5, 10),
    "slo_kept_ratios": (0.05, 0.1, 0.25, 0.5),
}


def test_the_shipped_values_are_those_of_the_promise() -> None:
    assert (SHIPPED.tick_s, SHIPPED.warming_s) == (60, 600)
    assert {name: getattr(SHIPPED.judge, name) for name in PROMISED} == PROMISED
    assert set(PROMISED) == set(SHIPPED.judge.__slots__)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"window_s": 0.0}, "window_s must be more than 0"),
        ({"window_s": 90_000.0}, "not more than max_window_s"),
        ({"metrics_unavailable_max_s": -1.0}, "must not be negative"),
        ({"mean_latency_max_ms": 0.0}, "mean_latency_max_ms"),
        ({"min_users": 0}, "min_users"),
        ({"alpha": 0.0}, "alpha"),
        ({"beta": 1.0}, "beta"),
        ({"slo_bad_share": float("nan")}, "slo_bad_share"),
        ({"tolerated_ratio": 0.9}, "tolerated_ratio"),
        ({"harm_ratios": ()}, "harm_ratios"),
        ({"harm_ratios": (1.0, 2.0)}, "harm_ratios"),
        ({"slow_ms": 0.0}, "slow_ms"),
        ({"slo_span_s": 0.0}, "slo_span_s"),
        ({"excluded_ratio": 1.25}, "excluded_ratio"),
        ({"excluded_ratios": (3.0,)}, "excluded_ratios"),
        ({"excluded_ratios": ()}, "excluded_ratios"),
        ({"slo_broken_ratios": (100.0,)}, "slo_broken_ratios"),
        ({"slo_kept_ratios": (0.5, 1.0)}, "slo_kept_ratios"),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=f"release: judge: .*{sentence}"):
        replace(SHIPPED.judge, **change)
