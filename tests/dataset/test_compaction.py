"""Joining the segments of finished days: the same rows, at every moment."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.compaction import Compacted, compact, find_groups, remove_replaced
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.published import mark_published
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.segments import JOINED, list_segments, segment_paths
from auto_deployment.ingest.positions import find_holes, reached
from auto_deployment.ingest.recovery import read_stored
from tests.support.ingest.home import Home, file_names, ingest_params, places, rating_lines
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

MANY = 10**9


class KilledError(Exception):
    """Stands for the end of the process."""


def write(home: Home, texts: Sequence[bytes], first: int, day: int = 27, max_lines: int = 4) -> None:
    """Write segments of a few lines each, on a day of August."""
    parts = [lines(first + i, texts[i : i + max_lines]) for i in range(0, len(texts), max_lines)]
    listener = make_listener(
        home.root,
        FakeStream([begin(first), *parts]),
        ingest_params(max_lines=max_lines),
        now=lambda: datetime(2026, 8, day, 12, tzinfo=UTC),
    )
    listener.run(threading.Event(), lambda: False)


def join(
    home: Home, today: int = 28, max_lines: int = MANY, check: Callable[[], None] = lambda: None
) -> Compacted:
    return compact(home.paths, date(2026, 8, today), max_lines, check)


def watches(users: Sequence[int], minutes: Sequence[int]) -> list[bytes]:
    return [
        f"2026-08-27T10:{minute:02d},{user},GET /data/m/film+{user % 3}+1999/{minute}.mpg".encode()
        for user in users
        for minute in minutes
    ]


MIXED = [
    *watches([5, 1, 9], [1, 2, 7]),
    *rating_lines(0, 10),
    b"2026-08-27T10:00,7,GET /create_account",
    b"2026-08-27T10:00,7,recommendation request h:82, status 200, result: a+1999, b+1999, 12 ms",
    b"2026-08-27T10:01,8,recommendation request h:82, status 0, result: java.E: x, 800 ms",
    *watches([1, 9], [2, 3, 4]),
    b"nonsense",
]


def test_the_segments_of_a_finished_day_become_one_that_says_the_same(home: Home) -> None:
    write(home, MIXED, 0)
    before = read_ratings(home.paths.segments).frame, read_watches(home.paths.segments).frame
    rows, small = home.rows(), home.segments()
    assert join(home) == Compacted(joined=len(small), into=1)
    (one,) = home.segments()
    assert file_names(home.paths.segments) == {one.path.name}
    assert read_ratings(home.paths.segments).frame.equals(before[0])
    assert read_watches(home.paths.segments).frame.equals(before[1])
    others = [row for row in rows if row["kind"] != "watch"]
    assert sorted(map(str, others)) == sorted(str(row) for row in home.rows() if row["kind"] != "watch")
    assert one.meta.source["offsets"] == {"0": [0, len(MIXED)]}
    assert one.meta.source["replaces"] == [segment.path.stem for segment in small]
    for name in ("watch", "rating", "recommendation", "account", "rejected"):
        assert one.meta.counts[name] == sum(segment.meta.counts[name] for segment in small)
    assert one.meta.rejected_by_reason == {"fields": 1}
    assert (one.meta.first_time, one.meta.last_time) == (
        min(segment.meta.first_time for segment in small if segment.meta.first_time),
        max(segment.meta.last_time for segment in small if segment.meta.last_time),
    )


def test_watches_of_one_user_and_movie_become_one_row_and_repetitions_are_counted(home: Home) -> None:
    write(home, watches([1], [1, 2, 3, 4]) + watches([1], [3, 4, 5, 6]) + watches([1], [9]), 0)
    join(home)
    (row,) = home.rows()
    assert row["minutes"] == [1, 6, 9, 9]
    assert (row["time"].minute, row["last_time"].minute) == (1, 9)
    assert home.segments()[0].meta.counts["duplicate"] == 2


def test_reading_goes_on_after_the_joined_segment(home: Home) -> None:
    write(home, rating_lines(0, 12), 0)
    join(home)
    write(home, rating_lines(12, 16), 12, day=28)
    stored = read_stored(home.paths)
    assert (find_holes(stored), reached(stored)) == ([], {0: 16})


def test_the_loop_joins_each_finished_day_and_leaves_the_current_one(home: Home) -> None:
    for day in (26, 27, 28):
        write(home, rating_lines(day * 8, day * 8 + 8), day * 8, day)
    assert [segment.meta.source["offsets"]["0"] for segment in home.segments()] == [
        [208, 216], [216, 224], [224, 228], [228, 232]
    ]  # fmt: skip
    assert join(home) == Compacted()


def test_what_was_published_never_changes(home: Home) -> None:
    write(home, rating_lines(0, 20), 0)
    names = [segment.path.stem for segment in home.segments()]
    mark_published(home.paths, [names[2]])
    assert join(home) == Compacted(joined=4, into=2)
    assert home.segments()[1].path.stem == names[2]
    assert home.positions() == places(0, range(20))


def test_segments_that_do_not_follow_each_other_stay_apart(home: Home) -> None:
    write(home, rating_lines(0, 8), 0)
    write(home, rating_lines(12, 20), 12)
    assert join(home).into == 2
    assert len(find_holes(read_stored(home.paths))) == 1


def test_a_joined_segment_has_no_more_lines_than_allowed(home: Home) -> None:
    write(home, rating_lines(0, 32), 0)
    assert join(home, max_lines=12) == Compacted(joined=8, into=3)
    assert home.positions() == places(0, range(32))


def test_segments_that_are_read_are_left_for_another_time(home: Home) -> None:
    write(home, rating_lines(0, 8), 0)
    before = file_names(home.paths.segments)
    with reading(home.paths.segments):
        assert join(home) == Compacted(put_off=1)
        assert file_names(home.paths.segments) == before
    assert join(home) == Compacted(joined=2, into=1)


def test_being_told_to_end_leaves_nothing_behind(home: Home) -> None:
    write(home, rating_lines(0, 8), 0)
    before = file_names(home.paths.segments)

    def told() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        join(home, check=told)
    assert file_names(home.paths.segments) == before


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_a_process_that_dies_while_it_removes_the_replaced_leaves_every_row_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    write(home, rating_lines(0, 16), 0)
    left = removed
    unlink = Path.unlink

    def die(path: Path, missing_ok: bool = False) -> None:
        nonlocal left
        if not left:
            raise KilledError
        left -= 1
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", die)
    with pytest.raises(KilledError):
        join(home)
    monkeypatch.undo()
    assert len(list(home.paths.segments.glob("*.parquet"))) == 5 - removed
    assert home.positions() == places(0, range(16))
    assert len(read_ratings(home.paths.segments).frame) == 16
    assert reached(read_stored(home.paths)) == {0: 16}
    assert remove_replaced(home.paths.segments) == 4 - removed
    assert home.positions() == places(0, range(16))


def test_a_process_that_dies_before_the_rename_leaves_only_a_temporary(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, rating_lines(0, 8), 0)

    def die(source: object, target: object) -> None:
        raise KilledError

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KilledError):
        join(home)
    monkeypatch.undo()
    assert len(home.segments()) == 2
    assert not [path for path in segment_paths(home.paths.segments) if JOINED in path.stem]


def test_many_segments_are_joined_in_parts_of_bounded_size(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.dataset.joining._ROWS_AT_ONCE", 10)
    monkeypatch.setattr("auto_deployment.dataset.joining._SAMPLE_EVERY", 2)
    write(home, watches(range(1, 60), [1, 2]) + watches(range(30, 90), [2, 3, 5]), 0, max_lines=25)
    before = read_watches(home.paths.segments).frame
    join(home)
    (one,) = list_segments(home.paths.segments)
    assert read_watches(home.paths.segments).frame.equals(before)
    table = pq.read_table(one.path, columns=["user_id"])
    assert table["user_id"].to_pylist() == sorted(table["user_id"].to_pylist())
    with pq.ParquetFile(one.path) as file:
        assert file.num_row_groups > 5


def test_more_segments_than_can_be_open_at_once_are_joined_in_steps(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.dataset.compaction._OPEN_AT_ONCE", 4)
    write(home, MIXED * 8, 0)
    before = read_watches(home.paths.segments).frame
    names = {segment.path.stem for segment in home.segments()}
    assert 16 < len(names) <= 64
    assert join(home).into > 16
    (one,) = home.segments()
    assert file_names(home.paths.segments) == {one.path.name}
    assert names < set(one.meta.source["replaces"])
    assert one.path.stem.count("joined") == 1
    assert read_watches(home.paths.segments).frame.equals(before)
    assert one.meta.source["offsets"] == {"0": [0, 8 * len(MIXED)]}


def test_what_was_replaced_twice_over_does_not_come_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, rating_lines(0, 80), 0)
    with monkeypatch.context() as patched:
        # The first to be removed stay, as if somebody had put them back.
        patched.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        join(home)
    assert len(file_names(home.paths.segments)) > 20
    assert home.positions() == places(0, range(80))
    remove_replaced(home.paths.segments)
    assert len(file_names(home.paths.segments)) == 1
    assert home.positions() == places(0, range(80))


def test_another_parser_or_scale_is_not_mixed_in(home: Home) -> None:
    write(home, rating_lines(0, 8), 0)
    first, second = home.segments()
    for other in (
        replace(second.meta, parser_version=second.meta.parser_version + 1),
        replace(second.meta, rating_scale=(1, 10)),
        replace(second.meta, source={**second.meta.source, "generation": 1}),
    ):
        assert find_groups([first, replace(second, meta=other)], frozenset(), date(2026, 8, 28), MANY) == []
    assert len(find_groups([first, second], frozenset(), date(2026, 8, 28), MANY)) == 1
