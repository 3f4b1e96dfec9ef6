"""The release parameters: shipped with what the product promises, and refused where they promise nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.errors import BadInputError
from auto_deployment.params import load_params
from auto_deployment.release.params import WatchedParams
from tests.support.project import PROJECT
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
    "watched": WatchedParams(1.1, ratios=(1.1, 1.25, 1.5, 2, 4), hold_alpha=0.05, stale_s=1800),
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


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tolerated_ratio": 0.9}, "watched: tolerated_ratio"),
        ({"ratios": (1.0,)}, "watched: ratios"),
        ({"hold_alpha": 1.0}, "watched: hold_alpha"),
        ({"stale_s": 0.0}, "watched: stale_s"),
    ],
)
def test_values_for_lists_watched_that_make_no_sense_are_refused(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        replace(SHIPPED.judge.watched, **change)


def test_a_file_of_the_version_before_has_what_is_shipped_for_lists_watched(tmp_path: Path) -> None:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    del content["release"]["judge"]["watched"]
    older = tmp_path / "params.yaml"
    older.write_text(yaml.safe_dump(content), "utf-8")
    assert load_params(older).release == SHIPPED
