"""Telling instances: every event at least once, and never at the cost of taking lines."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from app.recent.events import Forgotten, RecentEvent, parse
from app.recent.file_feed import FileFeed
from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import Segment, list_segments
from auto_deployment.ingest.recent.again import newest_of
from auto_deployment.ingest.recent.choose import RecentChoice
from auto_deployment.ingest.recent.sender import RecentSender, SenderMetrics
from auto_deployment.ingest.recent.sinks import FileSink, RedisSink, SinkError
from auto_deployment.ingest.recent.wiring import telling
from auto_deployment.paths import Paths
from tests.support.ingest.home import Home
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener
from tests.support.ports import free_port
from tests.support.waiting import eventually

TAKEN = datetime(2026, 8, 27, 12, tzinfo=UTC)


class FailingSink:
    """Takes lines while it is told to."""

    def __init__(self) -> None:
        self.took: list[bytes] = []
        self.fails = False
        self.is_anew = False

    def send(self, lines: Sequence[bytes]) -> bool:
        if self.fails:
            raise SinkError("away")
        if is_anew := self.is_anew:
            self.took, self.is_anew = [], False
        self.took += lines
        return not is_anew


def sender(
    sink: FailingSink, most_waiting: int = 100, forgotten: Callable[[], Iterable[Forgotten]] = tuple
) -> tuple[RecentSender, Callable[[str], float | None]]:
    registry = CollectorRegistry()
    choice = RecentChoice((1, 5), lambda movie_id: 80, lambda: TAKEN)
    made = RecentSender(choice, sink, SenderMetrics(registry), most_waiting, forgotten)
    return made, lambda name: registry.get_sample_value(f"marquee_ingest_recent_{name}")


FORGOTTEN = Forgotten(1_790_000_000, 7)


def news(count: int, first: int = 0) -> list[RecentEvent]:
    return [RecentEvent(1_790_000_000 + n, n, "heat+1995") for n in range(first, first + count)]


def test_what_waits_is_told_in_order() -> None:
    sink = FailingSink()
    made, value = sender(sink)
    for one in news(5):
        made.tell(one)
    assert made.step() > 0
    assert [parse(line) for line in sink.took] == news(5)
    assert value("sent_total") == 5
    assert value("connected") == 1


def test_what_nobody_takes_waits_and_the_oldest_goes_where_there_is_no_room() -> None:
    sink = FailingSink()
    made, value = sender(sink, 10)
    sink.fails = True
    for start in range(0, 15, 5):
        for one in news(5, start):
            made.tell(one)
        made.step()
    assert value("dropped_total") == 5
    assert value("connected") == 0
    sink.fails = False
    made.step()
    assert [parse(line) for line in sink.took] == news(10, 5)
    assert value("connected") == 1


def test_who_has_begun_anew_is_told_again_what_was_told_last() -> None:
    sink = FailingSink()
    made, value = sender(sink, 10, lambda: [FORGOTTEN])
    for start in range(0, 20, 5):
        for one in news(5, start):
            made.tell(one)
        sink.is_anew = start == 15
        made.step()
    made.step()
    told_again = [parse(line) for line in sink.took][5:]
    assert told_again == [FORGOTTEN, *news(10, 10)]  # first: what is held for a user later counts
    assert value("dropped_total") == 0


def test_at_the_end_what_is_left_is_told() -> None:
    sink = FailingSink()
    made, _ = sender(sink, 5000)
    stop = threading.Event()
    stop.set()
    for one in news(2500):
        made.tell(one)
    made.run(stop)
    assert len(sink.took) == 2500


def test_as_many_of_the_newest_segments_are_told_again_as_have_so_many_rows() -> None:
    def segment(day: int, kind: str = "kafka") -> Segment:
        time = TAKEN.replace(day=day)
        return Segment(Path(f"{kind}-{day}"), 10, SegmentMeta({"kind": kind}, (1, 5), 1, {}, {}, time, time))

    found = [segment(3), segment(1), segment(4, "import"), segment(2)]
    for rows, days in ((1, [3]), (10, [3]), (11, [2, 3]), (99, [1, 2, 3])):
        assert [one.path.name for one in newest_of(found, rows)] == [f"kafka-{day}" for day in days]


def test_a_segment_that_is_gone_is_not_told_again_and_no_fault(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_listener(home.root, FakeStream([begin(), lines(0, LINES)])).run(threading.Event(), lambda: False)
    found = list_segments(Paths(home.root).segments)
    found[0].path.unlink()
    choice = RecentChoice((1, 5), lambda movie_id: 80, lambda: TAKEN)
    with telling(RecentSettings(file=tmp_path / "events"), choice, found, CollectorRegistry()):
        eventually(lambda: "is not told again" in caplog.text)


def test_a_redis_that_is_not_there_is_a_sink_error_at_once() -> None:
    with pytest.raises(SinkError, match="Redis does not take recent events"):
        RedisSink(f"redis://127.0.0.1:{free_port()}", None).send([b"1 7 heat+1995 started"])


def test_a_file_is_renamed_when_it_is_large_and_nothing_is_lost_to_who_follows(tmp_path: Path) -> None:
    sink, feed = FileSink(tmp_path / "made" / "events", 100), FileFeed(tmp_path / "made" / "events")
    position, read = None, []
    for n in range(30):
        sink.send([f"line {n}".encode() * 2])
        for _ in range(3):
            polled = feed.poll(position, 0, 0)
            position = polled.position
            read += polled.lines
    assert read == [f"line {n}".encode() * 2 for n in range(30)]
    assert (tmp_path / "made" / "events.1").exists()


def test_a_file_that_cannot_be_written_is_a_sink_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="cannot be written"):
        FileSink(tmp_path / "file" / "events").send([b"x"])


LINES = [
    b"2026-08-27T11:00:00,7,GET /data/m/heat+1995/0.mpg",
    b"2026-08-27T11:01:00,7,GET /data/m/heat+1995/1.mpg",
    b"2026-08-27T11:30:00,8,GET /rate/heat+1995=4",
    b"nonsense",
]


def told(path: Path) -> list[tuple[int, str]]:
    events = map(parse, path.read_bytes().splitlines())
    return [(one.user_id, one.movie_id) for one in events if isinstance(one, RecentEvent)]


def until_told(path: Path, count: int) -> None:
    eventually(lambda: len(told(path)) == count)


def test_ingest_tells_what_it_has_taken_and_again_after_a_restart(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "events"
    segments = Paths(home.root).segments
    for expected in ([(7, "heat+1995"), (8, "heat+1995")], [(7, "heat+1995"), (8, "heat+1995")]):
        choice = RecentChoice((1, 5), lambda movie_id: 80, lambda: TAKEN)
        found = list_segments(segments) if segments.exists() else []
        with telling(RecentSettings(file=path), choice, found, CollectorRegistry()) as heard:
            stream = FakeStream([] if found else [begin(), lines(0, LINES)])
            make_listener(home.root, stream, heard=heard).run(threading.Event(), lambda: False)
            until_told(path, len(expected))
        assert told(path) == expected
        path.unlink()


def test_without_anybody_to_tell_nothing_is_called(home: Home) -> None:
    choice = RecentChoice((1, 5), lambda movie_id: 80)
    with telling(RecentSettings(), choice, [], CollectorRegistry()) as heard:
        assert heard is None
