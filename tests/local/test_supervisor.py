"""What died is started again, later each time; what stops is stopped in order."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from auto_deployment.local.processes import ProcessError, Program
from auto_deployment.local.supervisor import Supervisor
from tests.support.release.fake_children import FakeChild, FakeClock


class Stage:
    """A supervisor with fake children that are at hand."""

    def __init__(self) -> None:
        self.clock, self.notes = FakeClock(), list[str]()
        self.children: list[FakeChild] = []
        self.reported: list[list[int]] = []
        self.stubborn = False
        self.refused = ""
        self.supervisor = Supervisor(self._report, self._start, self.clock)

    def _report(self, pids: Iterable[int]) -> None:
        self.reported.append(list(pids))

    def _start(self, program: Program) -> FakeChild:
        if program.name == self.refused:
            raise ProcessError(f"{program.name} cannot be started: no memory.")
        child = FakeChild(len(self.children) + 1, program.name, self.notes, self.clock, self.stubborn)
        self.children.append(child)
        return child

    def add(self, *names: str) -> None:
        for name in names:
            self.supervisor.add(Program(name, ["true"], Path("log")))

    def steps_until_started(self) -> float:
        """Step once a tenth of a second until another child is there; return the seconds that took."""
        before, start = len(self.children), self.clock.now
        while len(self.children) == before:
            self.supervisor.step()
            self.clock.now += 0.1
            assert self.clock.now - start < 100
        return self.clock.now - start


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_runs_is_left_alone(stage: Stage) -> None:
    stage.add("stable-1", "canary")
    stage.supervisor.step()
    assert len(stage.children) == 2
    assert stage.supervisor.down() == []


def test_what_died_is_started_again_after_pauses_that_double_up_to_half_a_minute(stage: Stage) -> None:
    stage.add("canary")
    pauses = []
    for _ in range(7):
        stage.children[-1].status = -9
        pauses.append(round(stage.steps_until_started()))
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_after_a_steady_minute_the_pause_is_short_again(stage: Stage) -> None:
    stage.add("canary")
    for _ in range(4):
        stage.children[-1].status = 1
        stage.steps_until_started()
    stage.clock.now += 61
    stage.children[-1].status = 1
    assert round(stage.steps_until_started()) == 1


def test_while_it_is_down_it_is_named_and_its_number_is_not_reported(stage: Stage) -> None:
    stage.add("stable-1", "canary")
    stage.children[1].status = 1
    stage.supervisor.step()
    assert stage.supervisor.down() == ["canary"]
    stage.steps_until_started()
    assert stage.supervisor.down() == []
    assert stage.reported == [[1], [1, 2], [1, 3]]


def test_the_log_says_what_ended_how_and_when_it_comes_back(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.add("canary")
    stage.children[0].status = -9
    stage.supervisor.step()
    assert "canary ended with status -9: starting it again in 1 s" in caplog.text


def test_what_does_not_start_is_named_with_its_last_words(stage: Stage) -> None:
    stage.add("stable-1", "canary")
    stage.supervisor.require_all()
    stage.children[1].status = 2
    with pytest.raises(ProcessError, match="canary does not start: no room left"):
        stage.supervisor.require_all()


def test_the_last_one_started_is_stopped_first_and_nobody_is_killed_who_obeys(stage: Stage) -> None:
    stage.add("stable-1", "canary", "nginx")
    stage.supervisor.stop(10)
    assert stage.notes == ["ask nginx", "ask canary", "ask stable-1"]
    assert stage.reported[-1] == []


def test_who_does_not_obey_in_time_is_killed(stage: Stage) -> None:
    stage.stubborn = True
    stage.add("stable-1", "nginx")
    start = stage.clock.now
    stage.supervisor.stop(10)
    assert stage.notes == ["ask nginx", "ask stable-1", "kill stable-1", "kill nginx"]
    assert stage.clock.now - start < 25


def test_in_a_hurry_nobody_is_waited_for(stage: Stage) -> None:
    stage.stubborn = True
    stage.add("stable-1", "nginx")
    start = stage.clock.now
    stage.supervisor.stop(10, lambda: True)
    assert stage.notes[-2:] == ["kill stable-1", "kill nginx"]
    assert stage.clock.now - start < 1


def test_what_is_removed_is_stopped_and_stays_away(stage: Stage) -> None:
    stage.add("stable-1", "canary", "nginx")
    stage.supervisor.remove("canary", 5.0)
    stage.supervisor.remove("canary", 5.0)
    assert stage.notes == ["ask canary"]
    assert stage.supervisor.find("canary") is None
    assert stage.supervisor.down() == []
    assert stage.reported[-1] == [1, 3]


def test_what_does_not_stop_when_removed_is_killed(stage: Stage) -> None:
    stage.stubborn = True
    stage.add("canary")
    stage.supervisor.remove("canary", 5.0)
    assert stage.notes == ["ask canary", "kill canary"]


def test_what_takes_another_s_place_is_still_stopped_after_nginx(stage: Stage) -> None:
    stage.add("stable-1", "nginx")
    stage.supervisor.remove("stable-1", 5.0)
    stage.supervisor.add(Program("stable-1", ["true"], Path("log")), stops_last=True)
    stage.notes.clear()
    stage.supervisor.stop(5.0)
    assert stage.notes == ["ask nginx", "ask stable-1"]


def test_one_that_may_end_ends_nothing_else(stage: Stage) -> None:
    stage.add("stable-1", "canary")
    stage.children[1].status = 2
    stage.supervisor.require_all(may_end={"canary"})


def test_restarts_are_counted(stage: Stage) -> None:
    stage.add("canary")
    for _ in range(2):
        stage.children[-1].status = 1
        stage.steps_until_started()
    keeper = stage.supervisor.find("canary")
    assert keeper is not None
    assert keeper.restarts == 2


def test_what_cannot_be_started_again_is_tried_later_and_keeps_nobody_else_waiting(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.add("stable-1", "canary")
    stage.refused = "stable-1"
    for child in stage.children:
        child.status = 1
    stage.steps_until_started()
    assert stage.supervisor.down() == ["stable-1"]
    assert "stable-1 cannot be started: no memory: starting it again in 2 s" in caplog.text
    stage.refused = ""
    assert 1 < stage.steps_until_started() < 3
    assert stage.supervisor.down() == []
