"""Corrections of single events: each is looked up, checked and written under one lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.corrections.keys import Key, find_key
from auto_deployment.dataset.corrections.look import Scale, UserEvent, events_of
from auto_deployment.dataset.corrections.writing import Correction, Removed, correcting, write_correction
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.valid import EARLIEST
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.find_event import described, find_events, said
from auto_deployment.people.known_movies import check_movie
from auto_deployment.people.refusals import ContradictionError, KeyReusedError

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


class Added(StrEnum):
    """What became of an event that was to be added."""

    NEW = "new"
    SAME_EVENT = "same event"  # it was there already
    SAME_KEY = "same key"  # it was added with this key before, whatever happened to it since


def add_event(
    paths: Paths, name: EventName, value: Value, scale: Scale, now: datetime, key: Key | None = None
) -> Added:
    """Add an event that nobody has told, once for each key and once for each event.

    Raises `BadInputError` for what cannot be, `ContradictionError` for another rating of the same movie and
    moment and for what a wish covers, `KeyReusedError` for a key that came with another event.
    """
    _check(name, value, scale, now)
    check_movie(paths.segments, paths.catalog, name.movie_id)
    with correcting(paths):
        if key is not None and _is_repeated(paths, key):
            return Added.SAME_KEY
        _refuse_forgotten(paths, name)
        if _is_there(paths, name, value, scale):
            return Added.SAME_EVENT
        facts = {} if key is None else key.fact()
        write_correction(paths, Correction(_events(name, value), scale=scale, facts=facts), now)
    return Added.NEW


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


def _is_repeated(paths: Paths, key: Key) -> bool:
    known = find_key(segment_paths(paths.segments), key)
    if known is not None and known.request != key.request:
        raise KeyReusedError(
            "This idempotency key came with another event before: send the same event with it, or a new key."
        )
    return known is not None


def _refuse_forgotten(paths: Paths, name: EventName) -> None:
    wish = read_corrections(segment_paths(paths.segments)).forgotten.get(name.user_id)
    if wish and name.time <= (until := from_microseconds(wish.until_us)):
        raise ContradictionError(
            f"User {name.user_id} was forgotten as of {said(until)}: no event of before is taken."
        )


def _is_there(paths: Paths, name: EventName, value: Value, scale: Scale) -> bool:
    known = [
        one
        for one in events_of(paths.segments, name.user_id, scale)
        if (one.movie_id, one.kind) == (name.movie_id, value.kind)
    ]
    if any(_has(one, name.time, value) for one in known):
        return True
    if value.kind == "rating" and (others := [one for one in known if one.time == name.time]):
        raise ContradictionError(
            f"There is a rating of that moment already ({described(others[0])}): "
            "`marquee events correct` changes it, PUT does over HTTP."
        )
    return False


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
