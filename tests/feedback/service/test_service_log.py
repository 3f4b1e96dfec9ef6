"""What the service writes of its answers is collected, each line once, and joined without any other."""

import errno
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.cli import main
from auto_deployment.feedback.collect import SERVICE_LOG, Collector
from auto_deployment.feedback.files import FeedbackError, closed_files, read_facts
from auto_deployment.feedback.service.files import ServiceFiles
from auto_deployment.host.files import StagedFile
from auto_deployment.people.feedback_place import FeedbackPlace
from tests.support.feedback.service import Worker, shown_line
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched


class ServiceWorld(World):
    """A data directory beside the folder into which the service's workers write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.told = folder / "impressions"

    def collector(self) -> Collector:
        return Collector(self.told, self.paths, self.params.collect, SERVICE_LOG)

    @property
    def closed(self) -> list[Path]:
        return closed_files(self.layout.table("service"))

    def found(self) -> list[int]:
        ids = [pq.read_table(path)["request_id"].to_pylist() for path in self.closed]
        return sorted(int(text, 16) for one in ids for text in one)


@pytest.fixture
def world(tmp_path: Path) -> ServiceWorld:
    return ServiceWorld(tmp_path)


def numbered(*numbers: int) -> list[bytes]:
    return [shown_line(after(seconds=number), 1 + number % 5, number) for number in numbers]


def test_what_was_shown_and_watched_is_known_without_edge_log_and_stream(world: ServiceWorld) -> None:
    worker = Worker(world.told)
    worker.write(shown_line(after(minutes=1), 7, 1), shown_line(after(minutes=2), 8, 2, (), track="canary"))
    world.segment(*watched(after(minutes=10), 7, LIST[1], 30))
    world.catalogue(*LIST)
    world.collect()
    world.join()
    one, other = world.rows("SELECT * FROM impressions ORDER BY time")
    assert (one["user_id"], one["movies"], one["track"], one["source"]) == (
        7,
        list(LIST),
        "stable",
        "personal",
    )
    assert (one["release"], one["model_version"]) == ("stable-release", "20261101T0000-00000000")
    assert (one["time"], one["edge_time"]) == (after(minutes=1, milliseconds=-20), after(minutes=1))
    assert (one["status"], one["stream_status"], one["latency_ms"]) == (200, 200, 20)
    assert (other["user_id"], other["movies"], other["track"]) == (8, [], "canary")
    [outcome] = world.rows("SELECT * FROM outcomes")
    assert (outcome["request_id"], outcome["movie_id"], outcome["place"]) == (f"{1:032x}", LIST[1], 2)
    assert world.counts() == {"joined": 2}


def test_a_stream_that_tells_of_the_same_lists_is_not_asked(world: ServiceWorld) -> None:
    Worker(world.told).write(*(shown_line(after(minutes=one), one, one) for one in (1, 2, 3)))
    world.segment(*(told(after(minutes=one), one) for one in (1, 2, 3)))
    world.collect()
    world.join()
    assert world.counts() == {"joined": 3}  # none of the stream's lines was left without its request


def test_joining_again_changes_nothing_and_a_new_file_makes_the_hour_again(world: ServiceWorld) -> None:
    worker = Worker(world.told)
    worker.write(*numbered(1))
    world.collect()
    assert NOON in world.join().hours
    assert world.join().hours == []
    worker.write(*numbered(2))
    world.collect()
    assert NOON in world.join().hours
    assert len(world.rows("SELECT * FROM impressions")) == 2


def test_of_a_request_that_two_instances_answered_the_second_attempt_counts(world: ServiceWorld) -> None:
    slow = shown_line(after(seconds=5), 7, 1, ("slow+1999",), seconds=4.0)
    Worker(world.told, "slow").write(slow)
    Worker(world.told, "quick").write(shown_line(after(seconds=2), 7, 1, seconds=0.5))
    world.collect()
    world.join()
    [row] = world.rows("SELECT * FROM impressions")
    assert row["movies"] == list(LIST)


def test_in_the_hour_of_the_change_from_the_edge_log_no_request_counts_twice(world: ServiceWorld) -> None:
    edge = World(world.edge_log.parent)
    edge.log(request(after(seconds=1), 1, 1), request(after(seconds=2), 2, 2))
    world.segment(told(after(seconds=1), 1), told(after(seconds=2), 2))
    edge.collect()
    Worker(world.told).write(*numbered(2, 3))
    world.collect()
    world.join()
    ids = world.rows("SELECT request_id FROM impressions ORDER BY 1")
    assert [int(one["request_id"], 16) for one in ids] == [1, 2, 3]
    assert world.counts()["joined"] == 3


def test_damaged_lines_are_counted_by_reason(world: ServiceWorld, caplog: pytest.LogCaptureFixture) -> None:
    worker, good = Worker(world.told), json.loads(numbered(1)[0])
    wrong = ({"movies": "a,b"}, {"movies": [1]}, {"user": "x"}, {"time": "yesterday"})
    fields = [json.dumps(good | one).encode() + b"\n" for one in wrong]
    bad = [b"{broken\n", b"\xff\n", b"[]\n", *fields]
    worker.write(*numbered(1), *bad, *numbered(2))
    worker.kill(numbered(3)[0][:70])
    collector = world.collect()
    assert world.found() == [1, 2]
    reasons = {"no_json": 2, "no_list": 3, "fields": 2, "torn": 1}
    assert collector.done.reasons == read_facts(world.closed[0])["damaged"] == reasons
    assert "8 lines are damaged" in caplog.text
    world.collect()
    assert len(world.closed) == 1


@pytest.mark.parametrize("text", ["a\0b", "a,b", "\ud800"])
def test_titles_that_no_store_can_keep_are_damage(world: ServiceWorld, text: str) -> None:
    good = json.loads(numbered(1)[0])
    Worker(world.told).write(json.dumps(good | {"movies": [text]}).encode() + b"\n", *numbered(2))
    assert world.collect().done.reasons == {"no_list": 1}
    assert world.found() == [2]


def test_a_line_that_is_being_written_is_waited_for(world: ServiceWorld) -> None:
    worker, line = Worker(world.told), numbered(2)[0]
    worker.write(*numbered(1))
    os.write(worker._files._current(), line[:50])
    assert world.collect().done.damaged == 0
    os.write(worker._files._current(), line[50:])
    worker.kill()
    world.collect()
    assert world.found() == [1, 2]


def test_a_line_that_is_completed_between_two_looks_at_it_is_whole(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, line = Worker(world.told), numbered(1)[0]
    os.write(worker._files._current(), line[:50])

    def completed(file: object) -> bool:
        os.write(worker._files._current(), line[50:])
        return True

    monkeypatch.setattr("auto_deployment.feedback.service.files._is_left", completed)
    assert list(ServiceFiles(world.told, []).lines()) == [line]


def test_files_that_made_room_before_they_were_read_are_counted(world: ServiceWorld) -> None:
    worker = Worker(world.told, max_bytes=1, most=2)
    worker.write(*numbered(1))
    world.params = replace(world.params, collect=replace(world.params.collect, max_lines=1))
    collector = world.collector()
    worker.write(*numbered(2))
    collector._read(NOON)  # one line; of the second file it has seen the length
    worker.write(*numbered(3))
    worker.write(*numbered(4))
    collector.close()
    collector.step(NOON)
    collector.close()
    assert collector.done.lost == 1
    assert world.found() == [1, 3, 4]


def test_a_full_disk_of_the_collector_loses_nothing(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(staged: StagedFile) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    collector = world.collector()
    Worker(world.told).write(*numbered(1, 2))
    with monkeypatch.context() as patch:
        patch.setattr(StagedFile, "seal", full)
        collector.step(NOON)
        with pytest.raises(FeedbackError, match="does not fit"):
            collector.step(NOON + timedelta(minutes=5))
    collector.step(NOON + timedelta(minutes=7))
    assert world.found() == [1, 2]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "step", "close", "kill collector", "kill worker"]), st.integers(0, 1)
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_each_line_is_collected_once_whoever_is_killed_when(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        world, number, lives = ServiceWorld(Path(folder)), 0, 2
        world.params = replace(world.params, collect=replace(world.params.collect, max_lines=2))
        workers = [Worker(world.told, f"w{one}", max_bytes=900) for one in range(2)]
        collector = world.collector()
        for step, which in steps:
            match step:
                case "write":
                    workers[which].write(*numbered(*range(number + 1, number + 4)))
                    number += 3
                case "kill worker":
                    workers[which].kill(numbered(999)[0][:40])
                    workers[which], lives = Worker(world.told, f"w{lives}", max_bytes=900), lives + 1
                case "step":
                    collector.step(NOON)
                case "close":
                    collector.close()
                case _:
                    collector = world.collector()
        world.collect()
        assert world.found() == list(range(1, number + 1))


def test_the_command_follows_what_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Worker(tmp_path / "data" / "run" / "impressions").write(*numbered(1, 2, 3))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IMPRESSIONS", "log")
    assert main(["feedback", "collect", "--once"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 3


def test_a_forgotten_user_is_forgotten_here_too(world: ServiceWorld) -> None:
    Worker(world.told).write(*numbered(1, 2))
    world.collect()
    assert FeedbackPlace(world.paths).report(2)["service"]["count"] == 1


def test_what_was_collected_before_the_setting_was_changed_goes_as_well(world: ServiceWorld) -> None:
    worker = Worker(world.told)
    for number in (1, 2, 3):
        worker.write(*numbered(number))
        world.collect()
    edge = World(world.edge_log.parent)
    assert edge.collector().remove_before(after(hours=1)) == 2
    assert world.found() == [3]  # the newest has the position
    world.collect()
    assert world.found() == [3]
