"""When the next retraining cycle is due. Pure, but for reading and writing one small file."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.training.workspace import write_json


@dataclass(frozen=True, slots=True)
class RetrainParams:
    """The `retrain` section of `params.yaml`."""

    every_h: float
    first_after_h: float  # the first cycle of all, counted from the first start
    retry_after_h: float  # a cycle that failed (not one that was refused) is tried again so soon
    keep_versions: int  # in DVC's cache and remote; what was released stays in any case
    forgotten_days: int = 30  # so long at most does a version stay that holds a forgotten user's data


class ScheduleError(MarqueeError):
    """The file cannot be read. The message names it."""


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """Times in UTC; `due` is when the next cycle starts, at once where it has passed."""

    due: datetime
    last_started: datetime | None = None
    last_ended: datetime | None = None
    last_kind: str | None = None


def first_state(now: datetime, params: RetrainParams) -> ScheduleState:
    """Return the state of a first start."""
    return ScheduleState(now + timedelta(hours=params.first_after_h))


def started(state: ScheduleState, now: datetime, params: RetrainParams) -> ScheduleState:
    """Note that a cycle starts: however many were missed, the next one is a whole period away."""
    return ScheduleState(now + timedelta(hours=params.every_h), now, state.last_ended, state.last_kind)


def ended(
    state: ScheduleState, now: datetime, kind: str, failed: bool, params: RetrainParams
) -> ScheduleState:
    """Note how a cycle ended; one that failed comes again soon."""
    due = min(state.due, now + timedelta(hours=params.retry_after_h)) if failed else state.due
    return ScheduleState(due, state.last_started, now, kind)


def corrected(state: ScheduleState, now: datetime, params: RetrainParams) -> ScheduleState:
    """Bring a due time back that is too far away after a restart.

    A clock set wrong may have put it further away than one period; a cycle that began and never ended, as we
    were killed with it, comes again soon.
    """
    hours = params.retry_after_h if _was_interrupted(state) else max(params.every_h, params.first_after_h)
    return replace(state, due=min(state.due, now + timedelta(hours=hours)))


def _was_interrupted(state: ScheduleState) -> bool:
    if state.last_started is None:
        return False
    return state.last_ended is None or state.last_ended < state.last_started


def read_state(path: Path) -> ScheduleState | None:
    """Read the state, None before the first start; raise `ScheduleError` naming a damaged file."""
    try:
        content = dict(json.loads(path.read_bytes()))
        kind = content.pop("last_kind")
        return ScheduleState(
            _time(content.pop("due")),
            last_kind=kind,
            **{name: None if text is None else _time(text) for name, text in content.items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScheduleError(
            f"{path} is damaged ({error}): remove it, and the schedule begins as on a first start."
        ) from error


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time


def write_state(path: Path, state: ScheduleState) -> None:
    content = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(state).items()
    }
    write_json(path, content)
