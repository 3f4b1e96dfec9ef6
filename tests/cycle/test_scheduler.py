"""The schedule in one process, with a clock and a cycle that tests hold in their hands."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.cycle.metrics import OUTCOMES, SchedulerMetrics
from auto_deployment.cycle.outcome import FAILED, PUBLISHED, REFUSED
from auto_deployment.cycle.schedule import (
    RetrainParams,
    ScheduleError,
    ScheduleState,
    read_state,
    write_state,
)
from auto_deployment.scheduler import Scheduler

PARAMS = RetrainParams(every_h=48, first_after_h=1, retry_after_h=2, keep_versions=10)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """A clock, a state file, and a cycle that takes half an hour and ends as it is told to."""

    path: Path
    now: datetime = NOW
    ends: str = PUBLISHED
    runs: list[datetime] = field(default_factory=list)

    def scheduler(self) -> Scheduler:
        return Scheduler(self.path, PARAMS, self.cycle, lambda: self.now)

    def cycle(self) -> tuple[str, bool]:
        self.runs.append(self.now)
        self.now += timedelta(minutes=30)
        if self.ends == "raises":
            raise OSError("no memory for another process")
        return self.ends, self.ends == FAILED

    def wait(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "schedule.json")


def test_the_first_cycle_comes_after_an_hour_and_the_next_two_days_later(world: World) -> None:
    scheduler = world.scheduler()
    for hours in (0.5, 0.6, 1, 46, 2):
        scheduler.step()
        world.wait(hours)
    assert len(world.runs) == 1
    scheduler.step()
    assert [run - NOW for run in world.runs] == [timedelta(hours=1.1), timedelta(hours=50.6)]


def test_after_a_month_of_downtime_one_cycle_is_run(world: World) -> None:
    write_state(world.path, ScheduleState(NOW - timedelta(days=30)))
    scheduler = world.scheduler()
    for _ in range(3):
        scheduler.step()
    assert world.runs == [NOW]
    assert scheduler.state == ScheduleState(
        NOW + timedelta(hours=48), NOW, NOW + timedelta(hours=0.5), PUBLISHED
    )


@pytest.mark.parametrize(("ends", "hours"), [(FAILED, 2.5), (REFUSED, 48), ("raises", 2.5)])
def test_a_failed_cycle_comes_again_soon_and_a_refused_one_does_not(
    world: World, ends: str, hours: float
) -> None:
    write_state(world.path, ScheduleState(NOW))
    scheduler = world.scheduler()
    world.ends = ends
    if ends == "raises":
        with pytest.raises(OSError, match="no memory"):
            scheduler.step()
    else:
        scheduler.step()
    scheduler.step()
    assert (len(world.runs), scheduler.state.due) == (1, NOW + timedelta(hours=hours))
    assert read_state(world.path) == scheduler.state


def test_a_restart_changes_nothing(world: World) -> None:
    scheduler = world.scheduler()
    world.wait(2)
    scheduler.step()
    world.wait(40)
    assert world.scheduler().state == scheduler.state
    world.scheduler().step()
    assert len(world.runs) == 1


def test_a_cycle_that_was_killed_with_the_scheduler_comes_again_soon(world: World) -> None:
    write_state(world.path, ScheduleState(NOW + timedelta(hours=40), NOW - timedelta(hours=8), None))
    scheduler = world.scheduler()
    world.wait(2.1)
    scheduler.step()
    assert len(world.runs) == 1


def test_a_damaged_state_is_no_reason_to_train_at_once(world: World) -> None:
    world.path.write_text("{")
    with pytest.raises(ScheduleError, match="remove it"):
        world.scheduler()
    assert world.runs == []


def test_what_fails_is_logged_and_the_loop_lives_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    class Turns:
        def __init__(self) -> None:
            self.left = 4

        def is_set(self) -> bool:
            return self.left == 0

        def wait(self, timeout_s: float) -> bool:
            self.left -= 1
            world.wait(1)
            return self.is_set()

    write_state(world.path, ScheduleState(NOW))
    world.ends = "raises"
    turned: list[datetime] = []
    world.scheduler().loop(Turns(), lambda: turned.append(world.now))
    assert "no memory for another process" in caplog.text
    assert (len(world.runs), len(turned)) == (2, 2)  # at once, and 2.5 hours later


def test_every_series_is_there_from_the_beginning_and_shows_what_happened() -> None:
    metrics = SchedulerMetrics()

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"marquee_{name}", labels)

    assert [value("retrain_outcomes_total", outcome=one) for one in OUTCOMES] == [0.0] * len(OUTCOMES)
    metrics.show(ScheduleState(NOW + timedelta(hours=48), NOW))
    metrics.running(True)
    metrics.count(PUBLISHED, 12.5)
    metrics.show_published("v1", NOW, {"rmse": 0.9, "ndcg_at_10": None, "coverage": 0.5})
    metrics.show_published("v2", NOW, {"rmse": 0.8, "ndcg_at_10": 0.2, "coverage": 0.5})
    assert value("retrain_next_run_timestamp_seconds") == NOW.timestamp() + 48 * 3600
    assert value("retrain_last_run_timestamp_seconds") == NOW.timestamp()
    assert value("retrain_last_success_timestamp_seconds") == NOW.timestamp()
    assert (value("retrain_running"), value("retrain_duration_seconds")) == (1, 12.5)
    assert value("retrain_outcomes_total", outcome=PUBLISHED) == 1
    assert value("model_quality", measure="rmse", model_version="v1") is None
    assert value("model_quality", measure="ndcg", model_version="v2") == 0.2
