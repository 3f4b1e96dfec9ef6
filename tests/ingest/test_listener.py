"""The loop: when batches are closed, and what happens when they cannot be."""

import errno
import os
import resource
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.ingest.listener import NotWrittenError
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.positions import StreamChangedError
from auto_deployment.ingest.stream import Polled
from auto_deployment.paths import Paths
from tests.support.ingest.catalog import movies_frame
from tests.support.ingest.home import Home, file_names, ingest_params, places, rating_lines
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

NEVER = threading.Event()


def forever() -> bool:
    return False


def test_the_open_batch_is_closed_at_the_end(home: Home) -> None:
    stream = FakeStream([begin(), lines(0, rating_lines(0, 3)), lines(3, rating_lines(3, 5))])
    make_listener(home.root, stream).run(NEVER, forever)
    assert home.positions() == places(0, range(5))
    assert stream.committed == [{0: 5}]


def test_a_batch_is_as_old_as_its_first_line(home: Home) -> None:
    now_s = [0.0]
    listener = make_listener(
        home.root,
        FakeStream([begin(), begin(), lines(0, rating_lines(0, 1)), begin(1), begin(1)]),
        ingest_params(max_age_s=900),
        steady_s=lambda: now_s[0],
    )
    for now, closed in ((0, 0), (5000, 0), (5000, 0), (5899, 0), (5900, 1)):
        now_s[0] = now
        listener.step(NEVER)
        assert len(home.segments()) == closed


def test_since_when_lines_wait_is_written_for_those_who_wait_for_the_segment(home: Home) -> None:
    begun = datetime(2026, 8, 27, 14, tzinfo=UTC)
    days = iter(begun + timedelta(minutes=minute) for minute in range(100))
    stream = FakeStream([begin(), lines(0, rating_lines(0, 1)), lines(1, rating_lines(1, 3))])
    listener = make_listener(home.root, stream, ingest_params(max_lines=3), now=lambda: next(days))
    path = Paths(home.root).open_batch
    found = []
    for _ in range(3):
        listener.step(NEVER)
        found.append(path.read_text("utf-8") if path.exists() else "")
    assert found == ["", f"{begun.isoformat()}\n", ""]


def test_a_calendar_that_goes_back_changes_nothing(home: Home) -> None:
    days = iter(datetime(2026, 8, 27, tzinfo=UTC) - timedelta(days=i) for i in range(100))
    stream = FakeStream([begin(), *(lines(3 * i, rating_lines(3 * i, 3 * i + 3)) for i in range(4))])
    make_listener(home.root, stream, ingest_params(max_lines=3), now=lambda: next(days)).run(NEVER, forever)
    assert home.positions() == places(0, range(12))
    assert [segment.meta.source["offsets"]["0"] for segment in home.segments()] == [
        [0, 3], [3, 6], [6, 9], [9, 12]
    ]  # fmt: skip


def test_a_batch_is_closed_when_it_takes_too_much_memory(home: Home) -> None:
    stream = FakeStream([begin(), lines(0, [b"x" * 1000] * 1000), lines(1000, rating_lines(0, 1))])
    listener = make_listener(home.root, stream, ingest_params(max_memory_mb=1))
    listener.step(NEVER)
    listener.step(NEVER)
    (segment,) = home.segments()
    assert segment.meta.counts["rejected"] == 1000


def test_a_changed_stream_ends_the_run_once_what_came_before_is_written(home: Home) -> None:
    stream = FakeStream([begin(), lines(0, rating_lines(0, 3)), StreamChangedError("recreated")])
    with pytest.raises(StreamChangedError, match="recreated"):
        make_listener(home.root, stream).run(NEVER, forever)
    assert home.positions() == places(0, range(3))


def test_a_group_that_cannot_be_told_is_counted_and_changes_nothing(home: Home) -> None:
    stream, metrics = FakeStream([begin(), lines(0, rating_lines(0, 3))]), IngestMetrics()
    stream.commit_answer = False
    make_listener(home.root, stream, metrics=metrics).run(NEVER, forever)
    assert home.positions() == places(0, range(3))
    assert metrics.registry.get_sample_value("marquee_ingest_commit_failures_total") == 1


def test_a_full_disk_leaves_nothing_half_written_and_is_tried_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = FakeStream([begin(), lines(0, [b"nonsense", *rating_lines(0, 3)]), lines(4, rating_lines(3, 5))])
    metrics = IngestMetrics()
    listener = make_listener(home.root, stream, ingest_params(max_lines=3), metrics=metrics)
    fsync = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for _ in range(3):
        assert listener.step(NEVER)
    assert file_names(home.paths.segments) == file_names(home.paths.quarantine) == set()
    assert metrics.registry.get_sample_value("marquee_ingest_write_failures_total") == 2
    monkeypatch.setattr(os, "fsync", fsync)
    listener.run(NEVER, forever)
    assert home.positions() == places(0, range(1, 6))
    assert [row["offset"] for row in home.rejected()] == [0]


@pytest.mark.parametrize("room", [0, 1, 100, 1000, 4000])
def test_a_file_that_cannot_grow_is_removed_and_written_later(home: Home, room: int) -> None:
    stream = FakeStream([begin(), lines(0, [b"nonsense %d" % i for i in range(500)] + rating_lines(0, 2000))])
    listener = make_listener(home.root, stream, ingest_params(max_lines=100))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        for _ in range(3):
            assert listener.step(NEVER)
        assert file_names(home.paths.segments) == file_names(home.paths.quarantine) == set()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    listener.run(NEVER, forever)
    assert len(home.positions()) == 2000
    assert len(home.rejected()) == 500


def test_being_told_to_end_with_a_full_disk_says_that_nothing_is_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    listener = make_listener(home.root, FakeStream([begin(), lines(0, rating_lines(0, 3)), begin(3)]))
    listener.step(stop)
    listener.step(stop)
    stop.set()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWrittenError, match=r"3 lines could not be written.*read again at the next start"):
        listener.run(stop, forever)


def test_lost_offsets_are_covered_counted_and_recorded(home: Home) -> None:
    gap = lines(9, rating_lines(9, 10))
    stream = FakeStream([begin(), lines(0, rating_lines(0, 2)), Polled(next={0: 9}, lost={0: (2, 9)}), gap])
    metrics = IngestMetrics()
    make_listener(home.root, stream, metrics=metrics).run(NEVER, forever)
    (segment,) = home.segments()
    assert segment.meta.source["offsets"] == {"0": [0, 10]}
    assert segment.meta.source["lost"] == {"0": [[2, 9]]}
    assert metrics.registry.get_sample_value("marquee_ingest_lost_upstream_offsets_total") == 7


def test_a_gap_that_is_found_at_the_start_is_covered_too(home: Home) -> None:
    stream = FakeStream([Polled(next={0: 9}, lost={0: (2, 9)}), lines(9, rating_lines(9, 10))])
    make_listener(home.root, stream).run(NEVER, forever)
    assert home.segments()[0].meta.source["offsets"] == {"0": [2, 10]}
    assert home.lost() == [{"0": [[2, 9]]}]


def test_the_catalogue_is_followed_from_batch_to_batch(home: Home) -> None:
    line = b"2026-08-27T10:00,7,GET /rate/film+1999=3"
    MOVIES.write(home.paths.catalog, movies_frame("other+2000"))

    def polls() -> Any:
        yield begin()
        yield lines(0, [line])
        MOVIES.write(home.paths.catalog, movies_frame("film+1999"))
        yield lines(1, [line])

    make_listener(home.root, FakeStream(polls()), ingest_params(max_lines=1)).run(NEVER, forever)
    assert [row["reason"] for row in home.rejected()] == ["unknown-movie"]
    assert home.positions() == [(0, 1)]


def test_every_labelled_series_is_there_before_anything_happened() -> None:
    registry = IngestMetrics().registry
    value = registry.get_sample_value
    assert value("marquee_ingest_lines_total", {"kind": "account"}) == 0
    assert value("marquee_ingest_rejected_lines_total", {"reason": "unknown-movie"}) == 0
    assert value("marquee_ingest_recommendation_lines_total", {"status": "5xx"}) == 0
    assert value("marquee_ingest_drift", {"check": "rating_mean"}) == 0


def test_lines_are_counted_as_they_come(home: Home) -> None:
    asked = b"2026-08-27T10:00,7,recommendation request h:82, status 0, result: java.E: x, 12 ms"
    metrics = IngestMetrics()
    stream = FakeStream([begin(), lines(0, [asked, *rating_lines(0, 3), b"x"]), lines(5, [asked, b"x"])])
    make_listener(home.root, stream, ingest_params(max_lines=5), metrics=metrics).run(NEVER, forever)
    value = metrics.registry.get_sample_value
    assert value("marquee_ingest_lines_total", {"kind": "rating"}) == 3
    assert value("marquee_ingest_recommendation_lines_total", {"status": "0"}) == 2
    assert value("marquee_ingest_rejected_lines_total", {"reason": "fields"}) == 2
    assert value("marquee_ingest_segments_total") == 2
    assert value("marquee_ingest_batch_write_seconds_count") == 2
    assert value("marquee_ingest_unknown_movie_lines_total") == 3
