"""The report of a model: what it says, and that it needs nothing but itself."""

import copy
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from auto_deployment.host.revision import Revision
from auto_deployment.report.model_page import render_model_report
from auto_deployment.report.model_sentences import (
    moment,
    number,
    ranking_sentences,
    rating_sentences,
    side_of,
    split_sentence,
)
from auto_deployment.training.workflow import train_model
from tests.support.training import small_params, taste_rows, training_data

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
UNKNOWN = {"value": None, "low": None, "high": None}


def estimate(value: float, low: float | None = None, high: float | None = None) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    trained = train_model(training_data(taste_rows()), small_params(), NOW, Revision("abc", True))
    return dict(trained.metrics)


@pytest.fixture
def metrics(measured: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(measured)


@pytest.fixture(scope="module")
def page(measured: dict[str, Any]) -> str:
    return render_model_report(measured)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style>.*?</style>", "", page)).split())


def test_a_report_needs_nothing_but_itself(page: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 5  # lists, ratings, and a picture for each way of grouping
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert "http" not in re.sub(r'src="[^"]*"', "", page)


def test_a_report_says_what_was_measured_on_what(page: str, metrics: dict[str, Any]) -> None:
    text = text_of(page)
    assert metrics["model"]["version"] in text
    assert "840 ratings and 0 watches by 60 users of 40 movies" in text
    assert f"{metrics['ranking']['systems']['blend']['ndcg']['value']:.3f}" in text
    assert f"{metrics['rating']['svd']['rmse']['value']:.3f}" in text
    assert "The last events of each user were held out" in text
    assert "abc , with uncommitted changes" in text


def test_the_same_numbers_give_the_same_bytes(page: str, metrics: dict[str, Any]) -> None:
    assert render_model_report(metrics) == page


def test_what_comes_from_outside_cannot_become_markup(metrics: dict[str, Any]) -> None:
    metrics["model"]["version"] = "<script>alert(1)</script>"
    metrics["data"]["segments"] = ["<b>"]
    assert "<script>" not in render_model_report(metrics)


def test_a_report_says_what_recent_events_are_worth_where_it_was_measured(metrics: dict[str, Any]) -> None:
    known = {"users": 1234, "recent": {}, "recent_over_stale": estimate(1.25, 1.1, 1.4)}
    new = [{"events": 5, "served": {}, "served_minus_popularity": estimate(-0.2, -0.3, -0.1)}]
    metrics["recent"] = {"cutoff": 10, "known": known, "new": new}
    text = text_of(render_model_report(metrics))
    assert "NDCG@10 of 1,234 known users is 1.25 (1.10 to 1.40) times that without" in text
    assert "New users are served worse than by popularity after 5 events" in text
    del metrics["recent"]
    assert "recent events" not in text_of(render_model_report(metrics))


def test_what_is_not_known_is_said_to_be_unknown(metrics: dict[str, Any]) -> None:
    forget(metrics["rating"])
    forget(metrics["ranking"])
    for groups in metrics["groups"].values():
        forget(groups)
    metrics["rating"] |= {"pairs": 0, "users": 0, "not_covered_share": None}
    metrics["ranking"]["users"] = 0
    text = text_of(render_model_report(metrics))
    assert "unknown" in text
    assert "lists were not measured" in text
    assert "predicted ratings were not measured" in text


def forget(part: dict[str, Any]) -> None:
    for name, value in part.items():
        if isinstance(value, dict):
            if set(value) == {"value", "low", "high"}:
                part[name] = UNKNOWN
            else:
                forget(value)


def test_groups_of_few_users_are_named(page: str) -> None:
    assert "Fewer than 30 users say little: " in text_of(page)


def test_lists_are_shown_by_number_of_events(metrics: dict[str, Any]) -> None:
    band = metrics["groups"]["activity"]["10-19 events"]["ranking"]
    band["ndcg_compared"]["blend_minus_popularity"] = estimate(0.1234, 0.1, 0.15)
    text = text_of(render_model_report(metrics))
    assert "No users are shown to be served worse than by popularity" in text
    shown = [band["systems"][name]["ndcg"]["value"] for name in ("blend", "popularity")]
    row = text[text.index(f"10-19 events {band['users']} {shown[0]:.3f}") :]
    assert f"{shown[1]:.3f}" in row
    assert "0.1234 0.1000 to 0.1500" in row


def test_who_is_served_worse_than_by_popularity_is_named(metrics: dict[str, Any]) -> None:
    band = metrics["groups"]["activity"]["10-19 events"]["ranking"]["ndcg_compared"]
    band["blend_minus_popularity"] = estimate(-0.2, -0.3, -0.1)
    text = text_of(render_model_report(metrics))
    assert "served worse than by popularity (NDCG@10): 10-19 events -0.2000 (-0.3000 to -0.1000)." in text


def test_groups_that_an_older_version_made_are_still_shown(metrics: dict[str, Any]) -> None:
    metrics["groups"]["activity"] = {"1-39 events": metrics["groups"]["activity"]["10-19 events"]}
    assert "1-39 events" in text_of(render_model_report(metrics))


def test_without_gender_and_age_the_report_says_so(metrics: dict[str, Any]) -> None:
    metrics["groups"] = {"activity": metrics["groups"]["activity"]}
    assert "Gender and age of these users are not known." in text_of(render_model_report(metrics))


def test_a_value_stands_with_its_interval() -> None:
    assert number(estimate(0.12345, 0.1, 0.2)) == "0.123 (0.100 to 0.200)"
    assert number(estimate(0.01, -0.01, 0.02), 2, "+") == "+0.01 (-0.01 to +0.02)"
    assert number(estimate(0.5)) == "0.500"
    assert number(UNKNOWN) == "unknown"


@pytest.mark.parametrize(
    ("low", "high", "side"),
    [(0.1, 0.2, "above"), (-0.2, -0.1, "below"), (-0.1, 0.1, "open"), (0.0, 0.1, "open")],
)
def test_only_an_interval_wholly_on_one_side_counts(low: float, high: float, side: str) -> None:
    assert side_of(estimate(0, low, high), 0) == side
    assert side_of(UNKNOWN, 0) == "open"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1.1, 1.9, "are better than"), (0.5, 0.9, "do not publish"), (0.9, 1.1, "cannot be told")],
)
def test_the_comparison_with_popularity_is_put_in_words(
    metrics: dict[str, Any], low: float, high: float, words: str
) -> None:
    for name in ("popularity", "count"):
        metrics["ranking"]["ndcg_compared"][f"blend_over_{name}"] = estimate((low + high) / 2, low, high)
    assert words in ranking_sentences(metrics["ranking"])[0]


def test_lists_are_compared_with_the_stronger_kind_of_popularity(metrics: dict[str, Any]) -> None:
    ranking = metrics["ranking"]
    ranking["systems"]["popularity"]["ndcg"], ranking["systems"]["count"]["ndcg"] = (
        estimate(0.1),
        estimate(0.2),
    )
    assert "that of popularity by plain count" in ranking_sentences(ranking)[0]
    ranking["systems"]["popularity"]["ndcg"] = estimate(0.3)
    assert "that of popularity. " in ranking_sentences(ranking)[0]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-0.2, -0.1, "has learnt tastes"), (0.1, 0.2, "has learnt noise"), (-0.1, 0.1, "cannot be told")],
)
def test_the_comparison_with_biases_is_put_in_words(
    metrics: dict[str, Any], low: float, high: float, words: str
) -> None:
    metrics["rating"]["svd_minus_bias"]["rmse"] = estimate((low + high) / 2, low, high)
    assert words in rating_sentences(metrics["rating"], None)[0]


def test_the_datas_own_scale_is_named_where_it_differs(metrics: dict[str, Any]) -> None:
    rating = metrics["rating"]
    native = {name: rating[name] for name in ("svd", "bias", "svd_minus_bias")}
    assert "0.5-5" in rating_sentences(rating, {"scale": [0.5, 5.0], **native})[-1]
    assert len(rating_sentences(rating, {"scale": [1.0, 5.0], **native})) == 2


def test_each_kind_of_split_is_explained() -> None:
    facts = {"users_on_both_sides_of_one_cut": 1234, "test": 10, "seed": 7, "times": 1}
    by_chance = split_sentence({"kind": "random", **facts}, "2026-01-02T03:04")
    assert "all events have the same time" in by_chance
    assert "(seed 7)" in by_chance
    nothing = split_sentence({"kind": "per_user", **facts, "test": 0}, "2026-01-02T03:04")
    assert nothing.startswith("Nothing was held out")
    assert "one cut for all, with 1,234 users" in split_sentence(
        {"kind": "global", **facts}, "2026-01-02T03:04"
    )
    assert "too few to measure on" in split_sentence({"kind": "per_user", **facts}, "2026-01-02T03:04")


def test_moments_are_written_for_people() -> None:
    assert moment("2026-01-02T03:04:05+00:00") == "2026-01-02 03:04 UTC"
    assert moment(None) == "unknown"
