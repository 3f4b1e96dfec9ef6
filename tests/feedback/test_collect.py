"""The edge log becomes files: every line once, whatever happens to the log and to the collector."""

import errno
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.edge.log_files import LogFiles
from auto_deployment.errors import MarqueeError
from auto_deployment.feedback.files import FeedbackError, read_facts
from auto_deployment.host.files import StagedFile
from auto_deployment.local.edge_log import rotate
from tests.support.feedback.world import NOON, World, after, params, request


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def numbered(*numbers: int) -> list[bytes]:
    return [request(after(seconds=number), 1 + number % 5, number) for number in numbers]


def found(world: World) -> list[int]:
    """Return the numbers of the requests in all files, in the order of the files."""
    files = sorted(world.layout.edge.glob("*.parquet"))
    return [int(text, 16) for path in files for text in pq.read_table(path)["request_id"].to_pylist()]


def counted(world: World) -> dict[str, int]:
    total = {"requests": 0, "other": 0, "damaged": 0, "lost": 0}
    for path in world.layout.edge.glob("*.parquet"):
        total = {name: total[name] + number for name, number in read_facts(path)["counts"].items()}
    return total


def test_every_line_is_counted_and_those_about_a_user_are_kept(world: World) -> None:
    world.log(*numbered(1, 2), b"{broken\n", request(NOON, 1, 3, user=""), request(NOON, 1, 4, user="9" * 40))
    world.log(request(NOON, 1, 5, status="200"), request(NOON, 1, 6, time="yesterday"), b"[1]\n", b"5\n")
    world.log(request(NOON, 1, 7, request_time=None), request(NOON, 1, 8, track=None), b'"text"\n')
    collector = world.collect()
    assert found(world) == [1, 2]
    assert counted(world) == {"requests": 2, "other": 2, "damaged": 8, "lost": 0}
    assert (collector.done.requests, collector.done.other, collector.done.damaged) == (2, 2, 8)


def test_a_file_is_closed_when_it_is_old_or_full(world: World) -> None:
    world.params = replace(world.params, collect=replace(world.params.collect, max_lines=3))
    collector = world.collector()
    world.log(*numbered(*range(1, 8)))
    collector.step(NOON)
    assert found(world) == [1, 2, 3, 4, 5, 6]
    collector.step(NOON + timedelta(seconds=59))
    assert collector.open_lines == 1
    collector.step(NOON + timedelta(seconds=60))
    assert found(world) == [1, 2, 3, 4, 5, 6, 7]


def test_what_was_not_closed_is_read_again_after_a_restart(world: World) -> None:
    world.log(*numbered(1, 2))
    world.collect()
    world.log(*numbered(3, 4))
    world.collector().step(NOON)
    rotate(world.edge_log, 0, 5, world.edge_log.touch)
    world.log(*numbered(5), request(after(seconds=6), 1, 6)[:70])
    world.collect()
    world.log(request(after(seconds=6), 1, 6)[70:])
    world.collect()
    assert found(world) == [1, 2, 3, 4, 5, 6]


def test_a_log_that_was_rotated_away_before_it_was_read_is_counted_and_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.log(*numbered(1))
    world.collect()
    for number in (2, 3, 4):
        world.log(*numbered(number))
        rotate(world.edge_log, 0, 2, world.edge_log.touch)
    world.log(*numbered(5))
    collector = world.collect()
    assert found(world) == [1, 4, 5]
    assert counted(world)["lost"] == collector.done.lost == 1
    assert "went away before it was read" in caplog.text


def test_a_full_disk_is_said_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(staged: StagedFile) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    collector = world.collector()
    world.log(*numbered(1, 2))
    with monkeypatch.context() as patch:
        patch.setattr(StagedFile, "seal", full)
        collector.step(NOON)
        for minute in (5, 7):
            with pytest.raises(FeedbackError, match="does not fit on the disk: make room there"):
                collector.step(NOON + timedelta(minutes=minute))
    assert list(world.layout.edge.iterdir()) == []
    world.log(*numbered(3))
    collector.step(NOON + timedelta(minutes=9))
    assert found(world) == [1, 2, 3]


def test_a_log_that_cannot_be_read_counts_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(*numbered(1, 2))
    collector = world.collector()

    original = LogFiles.lines

    def breaking(files: Any, most: int | None = None) -> Any:
        for line in original(files, most):
            yield line
            raise MarqueeError("the disk is gone")

    monkeypatch.setattr(LogFiles, "lines", breaking)
    with pytest.raises(MarqueeError):
        collector.step(NOON)
    monkeypatch.setattr(LogFiles, "lines", original)
    collector.step(NOON)
    collector.close()
    assert found(world) == [1, 2]


def test_a_file_of_a_later_version_is_refused_in_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(*numbered(1))
    monkeypatch.setattr("auto_deployment.feedback.files.SCHEMA_VERSION", 2)
    world.collect()
    monkeypatch.undo()
    with pytest.raises(FeedbackError, match="is of schema version 2, and this build knows 1: run the build"):
        world.collector()
    with pytest.raises(FeedbackError, match="schema version 2"):
        world.join()


def test_a_damaged_newest_file_is_named(world: World) -> None:
    world.log(*numbered(1))
    world.collect()
    [path] = world.layout.edge.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FeedbackError, match=f"{path.name} is no file of `feedback`"):
        world.collector()


def test_old_files_go_but_never_the_one_that_knows_the_position(world: World) -> None:
    for number in (1, 2, 3):
        world.log(*numbered(number))
        collector = world.collect()
    assert collector.remove_before(after(days=4)) == 2
    world.log(*numbered(4))
    world.collect()
    assert found(world) == [3, 4]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["write", "half", "rotate", "step", "close", "kill"]), max_size=25))
def test_whatever_happens_every_line_is_there_once(steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), replace(params(), collect=replace(params().collect, max_lines=2)))
        written, half, collector = 0, b"", world.collector()
        for step in [*steps, "write", "step", "close"]:
            match step:
                case "write":
                    world.log(half or numbered(written + 1)[0])
                    written, half = written + 1, b""
                case "half" if not half:
                    whole = numbered(written + 1)[0]
                    world.log(whole[:80])
                    half = whole[80:]
                case "rotate" if not half:
                    rotate(world.edge_log, 0, 100, world.edge_log.touch)
                case "step":
                    collector.step(NOON)
                case "close":
                    collector.close()
                case "kill":
                    collector = world.collector()
        assert found(world) == list(range(1, written + 1))


def test_positions_are_inside_of_the_file_that_was_made_of_what_they_follow(world: World) -> None:
    world.log(*numbered(1, 2))
    world.collect()
    [path] = world.layout.edge.iterdir()
    [position] = read_facts(path)["positions"]
    assert position["offset"] == world.edge_log.stat().st_size
