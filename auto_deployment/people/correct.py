"""Corrections of single events: each is looked up, checked and written under one lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.corrections.look import Scale, UserEvent, events_of
from auto_deployment.dataset.corrections.writing import Correction, Removed, correcting, write_correction
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.valid import EARLIEST
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.find_event import described, find_events, said
from auto_deployment.people.known_movies import check_movie

MAX_MINUTE = 9_999


@dataclass(frozen=True, slots=True)
class EventName:
    """What tells an event from others; `kind` only where a rating and a watch have the same name."""

    user_id: int
    movie_id: str
    time: datetime
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What an event says: a rating, or the minutes that were watched, both ends included."""

    rating: float | None = None
    minutes: tuple[int, int] | None = None

    @property
    def kind(self) -> str:
        return "watch" if self.rating is None else "rating"


def add_event(paths: Paths, name: EventName, value: Value, scale: Scale, now: datetime) -> bool:
    """Add an event that nobody has told; return `False` for one that is there already.

    Raises `BadInputError` for what cannot be, and for another rating of the same movie and moment.
    """
    _check(name, value, scale, now)
    check_movie(paths.segments, paths.catalog, name.movie_id)
    with correcting(paths):
        wish = read_corrections(segment_paths(paths.segments)).forgotten.get(name.user_id)
        if wish and name.time <= (until := from_microseconds(wish.until_us)):
            raise BadInputError(
                f"User {name.user_id} was forgotten as of {said(until)}: no event of before is taken."
            )
        known = [
            one
            for one in events_of(paths.segments, name.user_id, scale)
            if (one.movie_id, one.kind) == (name.movie_id, value.kind)
        ]
        if any(_has(one, name.time, value) for one in known):
            return False
        if value.kind == "rating" and (others := [one for one in known if one.time == name.time]):
            raise BadInputError(
                f"There is a rating of that moment already ({described(others[0])}): "
                "`marquee events correct` changes it."
            )
        write_correction(paths, Correction(_events(name, value), scale=scale), now)
    return True


def correct_event(
    paths: Paths, name: EventName, value: Value, scale: Scale, now: datetime
) -> list[UserEvent]:
    """Let an event say something else from now on; return what it said before."""
    _check(name, value, scale, now)
    with correcting(paths):
        before = find_events(
            events_of(paths.segments, name.user_id, scale), name.user_id, name.movie_id, name.time, value.kind
        )
        if not all(_has(one, name.time, value, exactly=True) for one in before):
            removed = list(map(_removed, before))
            write_correction(paths, Correction(_events(name, value), removed, scale=scale), now)
    return before


def remove_event(paths: Paths, name: EventName, scale: Scale, now: datetime) -> list[UserEvent]:
    """Let an event count no more; return what it said."""
    with correcting(paths):
        events = events_of(paths.segments, name.user_id, scale)
        before = find_events(events, name.user_id, name.movie_id, name.time, name.kind)
        write_correction(paths, Correction(removed=list(map(_removed, before)), scale=scale), now)
    return before


def _check(name: EventName, value: Value, scale: Scale, now: datetime) -> None:
    if name.time > now:
        raise BadInputError(f"{said(name.time)} is in the future: times are in UTC.")
    if name.time < EARLIEST:
        raise BadInputError(f"{said(name.time)} is before {EARLIEST:%Y}: no event is that old.")
    if value.rating is not None and not scale[0] <= value.rating <= scale[1]:
        raise BadInputError(
            f"A rating of {value.rating:g} is outside of {scale[0]:g} to {scale[1]:g} (RATING_SCALE)."
        )


def _has(event: UserEvent, time: datetime, value: Value, *, exactly: bool = False) -> bool:
    if value.minutes is None:
        return event.time == time and event.rating == value.rating
    first, last = value.minutes
    if exactly:
        return event.minutes == ((first, last),)
    return any(one <= first and last <= other for one, other in event.minutes)


def _events(name: EventName, value: Value) -> list[Rating | Watch]:
    if value.rating is not None:
        return [Rating(name.time, name.user_id, name.movie_id, value.rating)]
    assert value.minutes is not None
    first, last = value.minutes
    return [
        Watch(name.time + timedelta(minutes=minute - first), name.user_id, name.movie_id, minute)
        for minute in range(first, last + 1)
    ]


def _removed(event: UserEvent) -> Removed:
    return Removed(event.kind, event.user_id, event.movie_id, event.time, event.last_time)
