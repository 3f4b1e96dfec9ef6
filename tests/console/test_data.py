"""*Data*: what came in and what was not taken, damaged files beside sound ones, lines that hide nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auto_deployment.dataset.events import Rating
from auto_deployment.ingest.drift.drift import Finding, History, Sample
from auto_deployment.ingest.drift.file import save_history
from auto_deployment.ingest.drift.findings import add_findings
from auto_deployment.release.observe.prometheus import Prometheus
from tests.console.conftest import Site
from tests.support.console import HOSTILE, rejects
from tests.support.ingest.segments import NOON, write_segment
from tests.support.prometheus import fake_prometheus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def arrives(site: Site, name: str) -> Path:
    return write_segment(site.paths.segments, name, [Rating(NOON, 1, "the+door+2016", 4.0)])


def test_before_anything_came_in_the_page_says_how_it_can(site: Site) -> None:
    text = site.person().opens("/data")
    for said in (
        "No event has come in yet",
        "marquee import PATH",
        "Every line was taken",
        "No strong change",
    ):
        assert said in text
    assert "there is nothing here" in site.person().opens("/data/quarantine")


def test_segments_are_counted_by_source_with_the_last_event(site: Site) -> None:
    arrives(site, "file-0123456789abcdef-0000")
    arrives(site, "file-0123456789abcdef-0001")
    text = site.person().opens("/data")
    assert "2 with 2 rows" in text
    assert "2 rating" in text
    assert "to 2026-01-01 12:00 UTC" in text
    assert '<th scope="row">file-0123456789abcdef</th>' in text


def test_a_damaged_segment_is_named_and_the_others_are_counted(site: Site) -> None:
    arrives(site, "one")
    (site.paths.segments / "two.parquet").write_bytes(b"PAR1 not really")
    text = site.person().opens("/data")
    assert "two.parquet cannot be read as a segment" in text
    assert "1 with 1 rows" in text


def test_how_far_behind_ingest_is_comes_from_prometheus(tmp_path: Path) -> None:
    with fake_prometheus() as fake:
        fake.answer([{"metric": {}, "value": [0, "90"]}])
        text = Site(tmp_path, prometheus=Prometheus(fake.url)).person().opens("/data")
        asked = [parameters["query"] for _, parameters in fake.asked]
    assert "90 lines wait in the broker" in text
    assert "some 90 s at this pace" in text
    assert "sum(marquee_ingest_lag_lines)" in asked
    assert "How far behind ingest is, is not known" in Site(tmp_path).person().opens("/data")


def test_rejected_lines_are_shown_by_file_and_by_reason(site: Site) -> None:
    rejects(
        site.paths, "kafka-a", [(b"line %d" % number, "time") for number in range(60)] + [(b"odd", "fields")]
    )
    assert "61</td>" in site.person().opens("/data/quarantine")
    assert "1 files" in site.person().opens("/data")
    address = "/data/quarantine/kafka-a"
    first = site.person().opens(address)
    assert "<td>movielog1/0:0</td><td>time</td><td><code>line 0</code>" in first
    assert "line 50<" not in first
    assert "line 50<" in site.person().opens(f"{address}?page=2")
    fields = site.person().opens(f"{address}?reason=fields")
    assert "movielog1/0:60" in fields
    assert "line 1<" not in fields
    assert site.person().client.get(f"{address}?reason=none").status_code == 400
    assert site.person().client.get("/data/quarantine/other").status_code == 404


def test_a_hostile_line_is_text_and_what_cannot_be_seen_is_written_out(site: Site) -> None:
    rejects(
        site.paths,
        "kafka-a",
        [(HOSTILE.encode() + "\u202eevil\x00".encode() + b"\xff", "encoding"), (b"x" * 5000, "too-long")],
    )
    text = site.person().opens("/data/quarantine/kafka-a")
    assert "<script>alert" not in text
    assert r"\u202eevil\x00\xff" in text
    assert "3,000 bytes more" in text


def test_a_damaged_file_of_the_quarantine_is_named_beside_the_others(site: Site) -> None:
    rejects(site.paths, "sound", [(b"line", "time")])
    (site.paths.quarantine / "broken.parquet").write_bytes(b"no")
    (site.paths.quarantine / "dropped.json").write_text("[]", "utf-8")
    text = site.person().opens("/data/quarantine")
    assert "broken.parquet cannot be read" in text
    assert 'href="/data/quarantine/sound"' in text
    assert "How much of the quarantine had to go cannot be read" in site.person().opens("/data")
    assert site.person().client.get("/data/quarantine/broken").status_code == 500


def test_drift_is_shown_with_the_days_that_it_is_held_against(site: Site) -> None:
    days = {date(2026, 2, day): Sample({"rating": 90, "rejected": 10}, 90, 360.0, 1500.0) for day in (1, 2)}
    save_history(site.paths.drift_history, History(days))
    add_findings(site.paths.drift_findings, {"rating_share": Finding(0.5, 0.25, 1000)}, NOW, 7)
    text = site.person().opens("/data")
    for said in ("share of rating lines", "2026-03-01 12:00", "0.25", "10.00%", "4.00", 'data-value="100.0"'):
        assert said in text


@pytest.mark.parametrize(
    ("damaged", "sound"), [("drift_findings", "2026-02-01"), ("drift_history", "share of rating lines")]
)
def test_a_damaged_file_of_drift_leaves_the_other(site: Site, damaged: str, sound: str) -> None:
    save_history(site.paths.drift_history, History({date(2026, 2, 1): Sample({"rating": 90})}))
    add_findings(site.paths.drift_findings, {"rating_share": Finding(0.5, 0.25, 1000)}, NOW, 7)
    getattr(site.paths, damaged).write_text('{"rating_share": {"at": "never"}}', "utf-8")
    text = site.person().opens("/data")
    assert "cannot be used" in text
    assert sound in text
