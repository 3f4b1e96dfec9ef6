"""Does what arrives still look like what arrived lately?"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.ingest.drift.drift import CHECKS, Finding, History, Sample, add, find_drift
from auto_deployment.ingest.drift.file import load_history, save_history
from auto_deployment.ingest.drift.findings import add_findings, findings_since
from auto_deployment.ingest.metrics import IngestMetrics
from tests.support.ingest.home import Home, ingest_params, rating_lines
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

PARAMS = ingest_params().drift
DAY = date(2026, 8, 27)
USUAL = {"watch": 97_500, "rating": 500, "recommendation": 1_850, "account": 50, "rejected": 100}
TITLES = {f"film+{i}+1999": 98 for i in range(1000)}


def sample(mean: float = 4.0, deviation: float = 0.74, ratings: int = 500, **changes: int) -> Sample:
    return Sample(USUAL | changes, ratings, ratings * mean, ratings * (deviation**2 + mean**2))


@pytest.fixture
def history() -> History:
    """Give seven usual days."""
    usual = History()
    for days in range(7):
        usual = usual.with_batch(DAY - timedelta(days=days), sample(), TITLES, 7)
    return usual


def findings(history: History, batch: Sample, titles: Mapping[str, int] = TITLES) -> set[str]:
    found = find_drift(batch, titles, history, PARAMS)
    assert found.keys() <= set(CHECKS)
    return set(found)


def test_the_usual_is_not_remarkable(history: History) -> None:
    assert findings(history, sample()) == set()
    assert findings(history, sample(mean=4.05, deviation=0.78, rating=560, rejected=140)) == set()


@pytest.mark.parametrize(
    ("batch", "found"),
    [
        (sample(rating=2_000), {"rating_share"}),
        (sample(rating=100, ratings=100), {"rating_share"}),
        (sample(recommendation=0), {"recommendation_share"}),
        (sample(account=2_000), {"account_share"}),
        (sample(watch=30_000, rejected=90_000), {"reject_rate", "watch_share"}),
        (sample(rejected=1_500), {"reject_rate"}),
        (sample(mean=3.5), {"rating_mean"}),
        (sample(mean=4.4), {"rating_mean"}),
        (sample(deviation=1.4), {"rating_deviation"}),
        (sample(deviation=0.3), {"rating_deviation"}),
    ],
)
def test_a_strong_change_is_found(history: History, batch: Sample, found: set[str]) -> None:
    assert findings(history, batch) == found


def test_new_titles_are_noticed_once(history: History) -> None:
    titles = TITLES | {f"new+{i}+2026": 98 for i in range(100)}
    assert findings(history, sample(), titles) == {"new_titles"}
    later = history.with_batch(DAY, sample(), titles, 7)
    assert findings(later, sample(), titles) == set()


@pytest.mark.parametrize("batch", [sample(mean=3.0, ratings=100), Sample({"watch": 100, "rejected": 900})])
def test_too_few_lines_say_nothing(history: History, batch: Sample) -> None:
    assert findings(history, batch) == set()


def test_without_a_past_there_is_nothing_to_compare_with() -> None:
    assert findings(History(), sample(rejected=50_000)) == set()


def test_days_and_titles_of_long_ago_are_forgotten(history: History) -> None:
    later = history.with_batch(DAY + timedelta(days=5), sample(), ["new+2026"], 7)
    assert min(later.days) == DAY - timedelta(days=2)
    assert set(later.titles) == {*TITLES, "new+2026"}
    assert set(later.with_batch(DAY + timedelta(days=10), sample(), [], 7).titles) == {"new+2026"}


def test_samples_add_up() -> None:
    both = add([sample(mean=3, deviation=0), sample(mean=5, deviation=0)])
    assert (both.mean, both.deviation, both.total) == (4, 1, 200_000)


def test_the_past_survives_a_restart(history: History, tmp_path: Path) -> None:
    save_history(tmp_path / "drift.json", history)
    assert load_history(tmp_path / "drift.json") == history


@pytest.mark.parametrize("content", [b"", b"[]", b'{"days": {"x": {}}, "titles": {}}', b"\xff"])
def test_a_past_that_cannot_be_read_is_left_behind(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "drift.json").write_bytes(content)
    assert load_history(tmp_path / "drift.json") == History()


def test_a_change_in_the_stream_is_logged_and_shown(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    params = ingest_params(max_lines=400)
    params = replace(params, drift=replace(params.drift, min_lines=100))
    metrics = IngestMetrics()
    stream = FakeStream(
        [begin(), lines(0, rating_lines(0, 400)), lines(400, [b"x"] * 300 + rating_lines(0, 100))]
    )
    listener = make_listener(home.root, stream, params, metrics=metrics)
    with caplog.at_level(logging.WARNING):
        listener.run(threading.Event(), lambda: False)
    assert "reject_rate changed strongly: 0.75, in the last days 0 (400 lines)" in caplog.text
    assert metrics.registry.get_sample_value("marquee_ingest_drift", {"check": "reject_rate"}) == 1
    assert len(home.segments()) == 2
    assert findings_since(home.root / "drift-findings.json", None)["reject_rate"]["now"] == 0.75


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
FOUND = Finding(0.2, 0.1, 500)


def test_the_last_strong_change_of_each_check_is_kept_for_those_who_train(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    add_findings(path, {"reject_rate": FOUND, "new_titles": FOUND}, NOON - timedelta(days=9), 7)
    add_findings(path, {"rating_mean": FOUND}, NOON - timedelta(days=1), 7)
    add_findings(path, {"reject_rate": FOUND}, NOON, 7)
    assert sorted(findings_since(path, None)) == ["rating_mean", "reject_rate"]
    assert sorted(findings_since(path, NOON - timedelta(hours=1))) == ["reject_rate"]
    assert findings_since(path, NOON) == {}


def test_a_batch_without_a_strong_change_writes_nothing(tmp_path: Path) -> None:
    add_findings(tmp_path / "findings.json", {}, NOON, 7)
    assert findings_since(tmp_path / "findings.json", None) == {}


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"reject_rate": 1}', b"\xff"])
def test_damaged_findings_are_forgotten_not_in_the_way(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "findings.json"
    path.write_bytes(content)
    assert findings_since(path, None) == {}
    add_findings(path, {"reject_rate": FOUND}, NOON, 7)
    assert list(findings_since(path, None)) == ["reject_rate"]
