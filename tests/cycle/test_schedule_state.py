"""When the next cycle is due, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.cycle.schedule import (
    RetrainParams,
    ScheduleError,
    ScheduleState,
    corrected,
    ended,
    first_state,
    read_state,
    started,
    write_state,
)

PARAMS = RetrainParams(every_h=48, first_after_h=1, retry_after_h=2, keep_versions=10)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


def test_the_first_cycle_waits_for_something_to_learn_from() -> None:
    assert first_state(NOW, PARAMS) == ScheduleState(hours(1))


@pytest.mark.parametrize("due", [-1, -24 * 30], ids=["just passed", "a month of downtime"])
def test_however_many_were_missed_one_is_run(due: float) -> None:
    state = started(ScheduleState(hours(due)), NOW, PARAMS)
    assert (state.due, state.last_started) == (hours(48), NOW)


@pytest.mark.parametrize(
    ("due", "failed", "expected"),
    [(48, False, 48), (48, True, 2), (1, True, 1), (1, False, 1)],
    ids=["published", "failed", "failed, and due sooner anyway", "due sooner"],
)
def test_a_cycle_that_failed_comes_again_soon(due: float, failed: bool, expected: float) -> None:
    state = ended(ScheduleState(hours(due), NOW), NOW, "kind", failed, PARAMS)
    assert state == ScheduleState(hours(expected), NOW, NOW, "kind")


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (ScheduleState(hours(48)), 48),
        (ScheduleState(hours(24 * 365)), 48),
        (ScheduleState(hours(-5)), -5),
        (ScheduleState(hours(40), hours(-8), hours(-7)), 40),
        (ScheduleState(hours(40), hours(-8), None), 2),
        (ScheduleState(hours(40), hours(-8), hours(-50)), 2),
        (ScheduleState(hours(-1), hours(-8), None), -1),
    ],
    ids=[
        "as it should be", "the clock was a year ahead", "overdue", "ended in time",
        "killed in the first cycle", "killed in a later cycle", "killed and overdue",
    ],
)  # fmt: skip
def test_after_a_restart_the_due_time_is_no_further_away_than_it_should_be(
    state: ScheduleState, due: float
) -> None:
    assert corrected(state, NOW, PARAMS) == replace(state, due=hours(due))


@pytest.mark.parametrize("state", [ScheduleState(NOW), ScheduleState(NOW, hours(-2), hours(-1), "published")])
def test_the_state_is_kept_on_disk(tmp_path: Path, state: ScheduleState) -> None:
    path = tmp_path / "schedule.json"
    assert read_state(path) is None
    write_state(path, state)
    assert read_state(path) == state
    assert [one.name for one in tmp_path.iterdir()] == ["schedule.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"7", b"\xff", b"null",
        b'{"due": null, "last_started": null, "last_ended": null, "last_kind": null}',
        b'{"due": "soon", "last_kind": null}',
        b'{"due": "2026-03-01T12:00:00", "last_started": null, "last_ended": null, "last_kind": null}',
        b'{"due": "2026-03-01T12:00:00+00:00", "last_kind": null, "other": null}',
    ],
)  # fmt: skip
def test_a_damaged_state_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "schedule.json"
    path.write_bytes(content)
    with pytest.raises(ScheduleError, match=r"schedule\.json is damaged .*: remove it"):
        read_state(path)
