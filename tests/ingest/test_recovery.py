"""What a process that died has left is put right by the next, before it reads a line."""

import logging
import os
import threading

import pytest

from auto_deployment.dataset.locks import reading, removing
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.host.locks import BusyError, only_one
from auto_deployment.ingest.positions import OverlapError
from auto_deployment.ingest.recovery import recover
from tests.support.ingest.home import Home, file_names, ingest_params, places, rating_lines
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

NEVER = threading.Event()


class KilledError(Exception):
    """Stands for the end of the process."""


def die_at_rename(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the process die before its renames of data, from the given one on."""
    left, replace = number, os.replace

    def replace_or_die(source: str, target: str) -> None:
        nonlocal left
        if str(target).endswith(".parquet"):
            if not left:
                raise KilledError
            left -= 1
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_or_die)


def listen(home: Home, *texts: bytes, first: int = 0) -> None:
    stream = FakeStream([begin(first), lines(first, texts)])
    make_listener(home.root, stream, ingest_params(max_lines=4)).run(NEVER, lambda: False)


@pytest.mark.parametrize("renames", [0, 1])
def test_rejected_lines_without_a_segment_are_removed_for_they_are_read_again(
    home: Home, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    listen(home, *rating_lines(0, 4))
    die_at_rename(monkeypatch, renames)
    with pytest.raises(KilledError):
        listen(home, b"nonsense", *rating_lines(5, 8), first=4)
    monkeypatch.undo()
    assert len(home.rejected()) == renames
    assert home.positions() == places(0, range(4))
    recover(home.paths)
    assert home.rejected() == []
    listen(home, b"nonsense", *rating_lines(5, 8), first=4)
    recover(home.paths)
    assert [row["offset"] for row in home.rejected()] == [4]
    assert home.positions() == places(0, [*range(4), *range(5, 8)])


def test_another_division_after_the_crash_leaves_no_rejected_line_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_at_rename(monkeypatch, 1)
    with pytest.raises(KilledError):
        listen(home, b"nonsense", b"more of it", *rating_lines(2, 4))
    monkeypatch.undo()
    recover(home.paths)
    listen(home, b"nonsense")
    recover(home.paths)
    listen(home, b"more of it", *rating_lines(2, 9), first=1)
    assert sorted(row["offset"] for row in home.rejected()) == [0, 1]


def test_temporaries_of_the_dead_go_and_everything_else_stays(home: Home) -> None:
    listen(home, b"nonsense", *rating_lines(1, 4))
    kept = file_names(home.paths.segments), file_names(home.paths.quarantine)
    for folder in (home.paths.segments, home.paths.quarantine):
        (folder / ".half.parquet.tmp").write_bytes(b"half")
    recover(home.paths)
    assert (file_names(home.paths.segments), file_names(home.paths.quarantine)) == kept


def test_a_missing_segment_is_said(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    for first in (0, 4, 8):
        listen(home, *rating_lines(first, first + 4), first=first)
    segment_paths(home.paths.segments)[1].unlink()
    with caplog.at_level(logging.ERROR):
        recover(home.paths)
    assert "No segment holds offsets 4 to 7 of partition 0 of t" in caplog.text


def test_lines_that_are_there_twice_stop_the_start(home: Home) -> None:
    listen(home, *rating_lines(0, 4))
    listen(home, *rating_lines(2, 6), first=2)
    with pytest.raises(OverlapError):
        recover(home.paths)


def test_only_one_writes_and_the_lock_goes_with_its_holder(home: Home) -> None:
    with (
        only_one(home.paths.ingest_lock, "Ingest"),
        pytest.raises(BusyError, match=f"process {os.getpid()}"),
        only_one(home.paths.ingest_lock, "Ingest"),
    ):
        pass
    with only_one(home.paths.ingest_lock, "Ingest"):
        pass


def test_readers_share_and_keep_those_away_who_would_remove(home: Home) -> None:
    home.paths.segments.mkdir(parents=True)
    with reading(home.paths.segments), reading(home.paths.segments), removing(home.paths.segments) as alone:
        assert not alone
    with removing(home.paths.segments) as alone:
        assert alone


def test_a_folder_that_is_not_there_can_be_read(home: Home) -> None:
    with reading(home.paths.segments):
        assert home.segments() == []
