"""What a request says of an event."""

from dataclasses import dataclass, field

from werkzeug.exceptions import UnprocessableEntity

from auto_deployment.host.codec import LATER
from auto_deployment.people.correct import MAX_MINUTE, EventName, Value
from auto_deployment.people.words import read_time

MAX_BODY = 4_096  # bytes; an event has some 150


@dataclass(frozen=True, slots=True)
class ValueBody:
    """What an event shall say: one of the two."""

    rating: float | None = field(default=None, metadata=LATER)
    minutes: tuple[int, ...] | None = field(default=None, metadata=LATER)

    def value(self) -> Value:
        return _value(self.rating, self.minutes)


@dataclass(frozen=True, slots=True)
class EventBody:
    """A new event."""

    movie_id: str
    time: str
    rating: float | None = field(default=None, metadata=LATER)
    minutes: tuple[int, ...] | None = field(default=None, metadata=LATER)

    def name(self, user_id: int) -> EventName:
        return EventName(user_id, self.movie_id, read_time(self.time))

    def value(self) -> Value:
        return _value(self.rating, self.minutes)


def _value(rating: float | None, minutes: tuple[int, ...] | None) -> Value:
    if (rating is None) == (minutes is None):
        raise UnprocessableEntity("Give one of `rating` and `minutes`: a rating and a watch are two events.")
    if minutes is None:
        return Value(rating)
    if len(minutes) != 2 or not 0 <= minutes[0] <= minutes[1] <= MAX_MINUTE:
        raise UnprocessableEntity(
            f"minutes are the first and the last that was watched, up to {MAX_MINUTE}: [0, 89]."
        )
    return Value(minutes=(minutes[0], minutes[1]))
