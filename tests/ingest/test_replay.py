"""Rejected lines tried again: what is taken now moves, once."""

import os
import threading

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.quarantine import STREAM_FORM, LinePosition, QuarantineWriter, read_facts
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.ingest.quarantine.replay import Replayed, replay
from tests.support.ingest.catalog import movies_frame
from tests.support.ingest.home import Home, file_names, places
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

SCALE = (1.0, 5.0)


class KilledError(Exception):
    """Stands for the end of the process."""


def rate(movie_id: str, user_id: int = 7) -> bytes:
    return f"2026-08-27T10:00,{user_id},GET /rate/{movie_id}=3".encode()


@pytest.fixture
def rejecting(home: Home) -> Home:
    """Give a data directory whose catalogue lacks titles: five of eight lines were rejected."""
    MOVIES.write(home.paths.catalog, movies_frame("known+1999"))
    texts = [rate("new+2026"), rate("known+1999"), b"nonsense", rate("new+2026", 8), rate("known+1999", 8)]
    texts += [rate("other+2026"), rate("known+1999", 9), rate("new+2026", 9)]
    listener = make_listener(home.root, FakeStream([begin(), lines(0, texts)]))
    listener.run(threading.Event(), lambda: False)
    assert [row["offset"] for row in home.rejected()] == [0, 2, 3, 5, 7]
    return home


def test_lines_that_are_understood_now_become_rows_and_leave_the_quarantine(rejecting: Home) -> None:
    MOVIES.write(rejecting.paths.catalog, movies_frame("new+2026"))
    assert replay(rejecting.paths, SCALE) == Replayed(lines=5, recovered=3)
    assert rejecting.positions() == places(0, [0, 1, 3, 4, 6, 7])
    assert [(row["offset"], row["raw"]) for row in rejecting.rejected()] == [
        (2, b"nonsense"),
        (5, rate("other+2026")),
    ]
    (segment,) = [segment for segment in rejecting.segments() if segment.meta.source["kind"] == "replay"]
    assert segment.meta.source["rows"] == [[0, 0], [2, 2], [4, 4]]
    assert segment.meta.counts["rating"] == 3


def test_trying_again_without_news_changes_nothing(rejecting: Home) -> None:
    before = file_names(rejecting.paths.segments)
    assert replay(rejecting.paths, SCALE) == Replayed(lines=5)
    assert file_names(rejecting.paths.segments) == before
    assert len(rejecting.rejected()) == 5


def test_each_later_piece_of_news_makes_a_segment_of_its_own(rejecting: Home) -> None:
    for movie_id in ("new+2026", "other+2026"):
        MOVIES.write(rejecting.paths.catalog, movies_frame(movie_id))
        replay(rejecting.paths, SCALE)
    assert rejecting.positions() == places(0, [0, 1, 3, 4, 5, 6, 7])
    assert [row["offset"] for row in rejecting.rejected()] == [2]


def test_a_file_with_nothing_left_goes(rejecting: Home) -> None:
    MOVIES.write(rejecting.paths.catalog, movies_frame("new+2026", "other+2026"))
    (path,) = rejecting.paths.quarantine.glob("*.parquet")
    table = pq.read_table(path)
    keep = [row != b"nonsense" for row in table["raw"].to_pylist()]
    pq.write_table(table.filter(keep), path)
    assert replay(rejecting.paths, SCALE) == Replayed(lines=4, recovered=4)
    assert file_names(rejecting.paths.quarantine) == set()


def test_a_process_that_dies_between_the_two_files_repeats_nothing(
    rejecting: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    MOVIES.write(rejecting.paths.catalog, movies_frame("new+2026"))
    renames, replace_file = 1, os.replace

    def replace_or_die(source: str, target: str) -> None:
        nonlocal renames
        if not renames:
            raise KilledError
        renames -= 1
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", replace_or_die)
    with pytest.raises(KilledError):
        replay(rejecting.paths, SCALE)
    monkeypatch.undo()
    assert len(rejecting.rejected()) == 5
    assert len(segment_paths(rejecting.paths.segments)) == 2
    # What else is known by now is for the time after.
    MOVIES.write(rejecting.paths.catalog, movies_frame("other+2026"))
    replay(rejecting.paths, SCALE)
    assert rejecting.positions() == places(0, [0, 1, 3, 4, 6, 7])
    replay(rejecting.paths, SCALE)
    assert rejecting.positions() == places(0, [0, 1, 3, 4, 5, 6, 7])


def test_lines_that_the_parser_of_before_refused_are_taken_now(home: Home) -> None:
    source = {"kind": "kafka", "cluster_id": "c", "topic": "t", "topic_id": "i", "generation": 0}
    asked = b"2026-08-27T10:00,7,recommendation request h:82, status "
    refused = [
        (b"2026-08-27T10:00,7,GET /rate/lumi%C3%A8re+2000=3", "movie-id"),
        (b"2026-08-27T10:00Z,7,GET /rate/known+1999=3", "time"),
        (b"2026-08-27T10:00,7, GET /rate/known+1999=3", "request"),
        (b"b'2026-08-27T10:00,7,GET /rate/known+1999=3'", "time"),
        (asked + b"200, result: {}, 4 ms", "movie-id"),
        (asked + b"500, result: <html>\n</html>, 4 ms", "recommendation"),
        (b"nonsense", "fields"),
    ]
    facts = source | {"offsets": {"0": [0, len(refused)]}}
    with QuarantineWriter(home.paths.quarantine, "kafka-t-00-old", STREAM_FORM, 1, facts) as quarantine:
        for offset, (raw, reason) in enumerate(refused):
            quarantine.add(raw, reason, LinePosition(topic="t", partition=0, offset=offset))
        quarantine.seal()
        quarantine.publish()
    home.paths.segments.mkdir()
    assert replay(home.paths, SCALE) == Replayed(lines=7, recovered=6)
    assert [row["movie_id"] for row in home.rows() if row["kind"] == "rating"] == [
        "lumière+2000",
        *["known+1999"] * 3,
    ]
    assert [row["raw"] for row in home.rejected()] == [b"nonsense"]


def test_the_age_of_a_file_stays(rejecting: Home) -> None:
    (path,) = rejecting.paths.quarantine.glob("*.parquet")
    os.utime(path, (1, 1))
    MOVIES.write(rejecting.paths.catalog, movies_frame("new+2026"))
    replay(rejecting.paths, SCALE)
    assert path.stat().st_mtime == 1
    assert read_facts(path)["replayed"] == 1
