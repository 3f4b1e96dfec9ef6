"""One row of a ratings table -> its values, or the reason why it cannot be taken."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.events import Reason

TIME_RANGE = "time-range"
MAX_USER_ID = 2**31 - 1  # what a segment's readers can pack
_MOST_DIGITS = 10  # of numbers worth converting
_FIRST_S = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_END_S = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

_is_number = re.compile(rb"[0-9]{1,3}(?:\.[0-9]{1,6})?").fullmatch
_is_whole = re.compile(rb"-?[0-9]+").fullmatch
_is_time = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    rb"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
).fullmatch


class UnusableRowError(Exception):
    """A row or line that cannot be taken, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RatingRow(NamedTuple):
    """A rating; `time_us` counts microseconds since 1970 in UTC."""

    user_id: int
    movie_id: str
    rating: float
    time_us: int


def read_user(field: bytes) -> int:
    """Read a user id; raise `UnusableRowError`."""
    if field.isdigit() and len(field) <= _MOST_DIGITS and 0 < (user_id := int(field)) <= MAX_USER_ID:
        return user_id
    raise UnusableRowError(Reason.USER_RANGE if _is_whole(field) else Reason.USER_ID)


def read_seconds(field: bytes) -> int:
    """Read seconds since 1970 as microseconds; raise `UnusableRowError`."""
    if field.isdigit() and len(field) <= _MOST_DIGITS and _FIRST_S <= (time_s := int(field)) < _END_S:
        return time_s * 1_000_000
    raise UnusableRowError(TIME_RANGE if _is_whole(field) else Reason.TIME)


def read_time(field: bytes) -> int:
    """Read `YYYY-MM-DDTHH:MM[:SS[.fraction]]`, UTC where it names no zone; raise `UnusableRowError`."""
    if not _is_time(field):
        raise UnusableRowError(Reason.TIME)
    try:
        time = datetime.fromisoformat(field.decode())
    except ValueError:
        raise UnusableRowError(Reason.TIME) from None
    time_us = microseconds(time if time.tzinfo else time.replace(tzinfo=UTC))
    if not _FIRST_S * 1_000_000 <= time_us < _END_S * 1_000_000:
        raise UnusableRowError(TIME_RANGE)
    return time_us


class RatingReader:
    """Read rating fields of a scale; raise `UnusableRowError`."""

    def __init__(self, scale: tuple[float, float]) -> None:
        self._scale = scale
        self._read: dict[bytes, float] = {}  # a table has a handful of different ones

    def __call__(self, field: bytes) -> float:
        rating = self._read.get(field)
        if rating is None:
            if not _is_number(field):
                raise UnusableRowError(Reason.RATING)
            rating = float(field)
            if not self._scale[0] <= rating <= self._scale[1]:
                raise UnusableRowError(Reason.RATING_RANGE)
            self._read[field] = rating
        return rating


class RowReader:
    """Read rows of one table layout; raise `UnusableRowError` naming the first thing that is wrong.

    `places` says at which field user, movie, rating and time stand; `width` how many fields there are.
    """

    def __init__(
        self,
        separator: bytes,
        width: int,
        places: Mapping[str, int],
        read_movie: Callable[[bytes], str],
        read_rating: Callable[[bytes], float],
        read_time_us: Callable[[bytes], int],
    ) -> None:
        self._separator, self._width = separator, width
        self._places = (places["user"], places["movie"], places["rating"], places["time"])
        self._read_movie, self._read_rating, self._read_time_us = read_movie, read_rating, read_time_us

    def __call__(self, line: bytes) -> RatingRow:
        fields = line.removesuffix(b"\r").split(self._separator)
        if len(fields) != self._width:
            raise UnusableRowError(Reason.FIELDS if line.strip() else Reason.EMPTY)
        user, movie, rating, time = self._places
        return RatingRow(
            read_user(fields[user]),
            self._read_movie(fields[movie]),
            self._read_rating(fields[rating]),
            self._read_time_us(fields[time]),
        )
