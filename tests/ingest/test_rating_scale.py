"""A stream on another scale than RATING_SCALE: said loudly, and never stored on two."""

import json
import logging
import threading
from pathlib import Path

import pytest

from auto_deployment.checks.scales import check_scales
from auto_deployment.cli import main
from auto_deployment.dataset.events import Rating
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import list_segments, publish_segment, stage_segment
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.positions import Broker
from auto_deployment.ingest.quarantine.replay import replay
from auto_deployment.ingest.rating_scale import doubt, rating_of
from tests.support.ingest.home import Home, ingest_params
from tests.support.ingest.segments import NOON, write_segment
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener
from tests.support.project import IMPORT_CASES

CASE = IMPORT_CASES / "14b-one-to-ten.log"
LIMITS = ingest_params().scale
LOUD = (
    "5 of 10 ratings are outside of RATING_SCALE=1-5 and put aside: 6, 7, 8, 9, 10. "
    "The stream probably rates on 1-10;"
)


def ratings(*values: float) -> list[bytes]:
    return [b"2026-08-27T10:%02d,%d,GET /rate/a+1=%g" % (i % 60, i + 1, v) for i, v in enumerate(values)]


def ten(folder: Path) -> Path:
    path = folder / "ten.log"
    path.write_bytes(b"\n".join(ratings(*range(1, 11))))
    return path


@pytest.mark.parametrize(
    ("outside", "inside", "said"),
    [
        ({}, 0, ""),
        ({10.0: 2}, 0, ""),
        ({10.0: 3}, 297, ""),
        ({10.0: 3}, 296, "3 of 299 ratings are outside of RATING_SCALE=1-5 and put aside: 10."),
        ({0.5: 9}, 9, "probably rates on 0.5-5;"),
        ({0.0: 9}, 9, "probably rates on 0-5;"),
        ({0.0: 4, 7.0: 4}, 9, "probably rates on 0-10;"),
        ({55.0: 9}, 9, "probably rates on 1-100;"),
        ({float(value): 1 for value in range(6, 30)}, 9, "15, 16, 17 and others. The stream"),
    ],
)
def test_more_than_damage_explains_is_said_with_values_and_the_probable_scale(
    outside: dict[float, int], inside: int, said: str
) -> None:
    sentence = doubt(outside, inside, (1, 5), LIMITS)
    assert said in sentence
    assert bool(said) == bool(sentence)


@pytest.mark.parametrize(
    ("raw", "value"),
    [(b"x/rate/a=b=9", 9), (b"b'x/rate/a=7.5'", 7.5), (b"b'x/rate/a=10\\n'", 10), (b"x=", None)],
)
def test_the_rating_of_a_rejected_line_is_found(raw: bytes, value: float | None) -> None:
    assert rating_of(raw) == value


def test_a_stream_on_another_scale_is_said_loudly_once_a_batch_and_until_ratings_are_good(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    good = ratings(*[4] * 200)
    polls = [begin(), lines(0, ratings(*range(1, 11))), lines(10, ratings(8)), lines(11, good)]
    polls.append(lines(211, ratings(4)))
    listener = make_listener(home.root, FakeStream(polls), ingest_params(max_lines=11))
    listener.step(threading.Event())
    listener.step(threading.Event())
    health, metrics = listener._health, listener._metrics
    assert health.as_json()["rating_scale"].startswith(LOUD)
    assert metrics.registry.get_sample_value("marquee_ingest_rating_scale_doubtful") == 1
    listener.step(threading.Event())
    said = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert [one.getMessage().startswith(LOUD) for one in said] == [True]
    listener.step(threading.Event())
    listener.step(threading.Event())
    assert health.as_json()["rating_scale"] == ""
    assert metrics.registry.get_sample_value("marquee_ingest_rating_scale_doubtful") == 0


@pytest.mark.parametrize("captured", [True, False])
def test_a_captured_log_is_said_to_be_on_another_scale_and_is_not_stored_on_two(
    captured: bool, home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if captured and not CASE.exists():
        pytest.skip("the inputs in the shapes of real files are not beside this checkout")
    log = CASE if captured else ten(tmp_path)
    home.once(file=log)
    assert LOUD in caplog.text
    assert not check_scales(home.segments(), LIMITS).passed
    before = home.rows()
    home.rating_scale = (1.0, 10.0)
    with pytest.raises(BadInputError, match=r"holds ratings of the same source on 1-5.* begin again"):
        home.once(file=log)
    with pytest.raises(BadInputError, match=r"RATING_SCALE is 1-10, but .* one source cannot hold two"):
        replay(home.paths, home.rating_scale)
    assert home.rows() == before
    again = Home(tmp_path / "again", rating_scale=(1.0, 10.0))
    again.once(file=log)
    assert [row["rating"] for row in again.rows()] == list(range(1, 11))
    assert check_scales(again.segments(), LIMITS).passed


def test_a_log_without_ratings_may_be_replayed_on_another_scale(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "high.log"
    path.write_bytes(b"\n".join(ratings(8, 9)))
    home.once(file=path)
    assert replay(home.paths, (1.0, 10.0)).recovered == 2


def test_a_topic_is_not_read_on_another_scale_than_its_segments(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = make_listener(home.root, FakeStream([begin(), lines(0, ratings(3, 4))]))
    listener.run(threading.Event(), lambda: False)
    seen = []

    def open_now(settings: object, decide: object, most_lines: int) -> FakeStream:
        seen.append(decide(Broker("c", "t", "i", {0: 0}, {0: 2})))  # type: ignore[operator]
        return FakeStream([])

    monkeypatch.setattr("auto_deployment.ingest.process.KafkaStream", open_now)
    home.once()
    home.rating_scale = (1.0, 10.0)
    with pytest.raises(BadInputError, match="Set RATING_SCALE=1-5 again"):
        home.once()
    assert len(seen) == 1


def test_a_dry_run_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    words = ["ingest", "--from-file", str(ten(tmp_path)), "--dry-run"]
    assert main(words) == 0
    assert LOUD in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rating_scale"].startswith(LOUD)


def test_segments_of_before_on_two_scales_are_found_also_where_they_were_joined(tmp_path: Path) -> None:
    def add(name: str, source: dict[str, object], scale: tuple[float, float]) -> None:
        meta = SegmentMeta(source, scale, 1, {"rating": 1}, last_time=NOON)
        publish_segment(stage_segment(tmp_path, name, [], lambda: meta))

    kafka = {"kind": "kafka", "topic": "t", "topic_id": "i", "generation": 0, "offsets": {"0": [0, 9]}}
    add("k-joined-1", kafka | {"replaces": ["k-1", "k-2"]}, (1, 5))
    write_segment(tmp_path, "other", [Rating(NOON, 1, "a+1", 9.0)], (1, 10))
    assert check_scales(list_segments(tmp_path), LIMITS).passed
    add("replay-k-1-00", {"kind": "replay", "quarantine": "k-1", "rows": [[0, 0]]}, (1, 10))
    said = check_scales(list_segments(tmp_path), LIMITS)
    assert not said.passed
    assert said.sentence.startswith("k-joined-1.parquet (1-5) and replay-k-1-00.parquet (1-10) hold ratings")
