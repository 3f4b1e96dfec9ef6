"""The event that a user, a title and a time name, or a sentence with the nearest ones. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from auto_deployment.dataset.corrections.look import UserEvent
from auto_deployment.errors import BadInputError
from auto_deployment.people.refusals import NotThereError

_NEAREST = 3


def find_events(
    events: Sequence[UserEvent], user_id: int, movie_id: str, time: datetime, kind: str | None
) -> list[UserEvent]:
    """Return what one event of this user is: ratings of one moment count as one.

    Raises `NotThereError` where there is none, naming the nearest, `BadInputError` for a rating and a watch.
    """
    found = [
        one for one in events if (one.movie_id, one.time) == (movie_id, time) and kind in (None, one.kind)
    ]
    if not found:
        raise NotThereError(_none(events, user_id, movie_id, time, kind))
    if len({one.kind for one in found}) > 1:
        raise BadInputError(
            f"User {user_id} has both a rating and a watch of {movie_id} at {said(time)}: say which with "
            "--kind rating or --kind watch."
        )
    return found


def nearest(events: Iterable[UserEvent], movie_id: str, time: datetime) -> list[UserEvent]:
    """Return the few events that are most likely meant: of the same title first, then by time."""

    def distance(one: UserEvent) -> tuple[bool, float]:
        return one.movie_id != movie_id, abs((one.time - time).total_seconds())

    return sorted(events, key=distance)[:_NEAREST]


def described(event: UserEvent) -> str:
    """Return an event in the words that name it to these commands."""
    value = f"rated {event.rating:g}" if event.rating is not None else f"watched {minutes_text(event)}"
    return f"{event.movie_id} {said(event.time)} {value}"


def said(time: datetime) -> str:
    """Return a time as text that the commands take back, to the microsecond where there are some."""
    return time.replace(tzinfo=None).isoformat()


def minutes_text(event: UserEvent) -> str:
    return ",".join(f"{first}-{last}" for first, last in event.minutes)


def _none(events: Sequence[UserEvent], user_id: int, movie_id: str, time: datetime, kind: str | None) -> str:
    what = f"User {user_id} has no {kind or 'event'} of {movie_id} at {said(time)}"
    if not events:
        return f"{what}, and no other event either: is the user's number right?"
    return f"{what}; the nearest are: {'; '.join(map(described, nearest(events, movie_id, time)))}."
