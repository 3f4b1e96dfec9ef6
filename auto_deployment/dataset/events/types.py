"""What a line of the stream can say, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PARSER_VERSION = 2


class Reason(StrEnum):
    """Why a line was not taken. `UNKNOWN_MOVIE` is said by the catalogue step, all others by the parser."""

    TOMBSTONE = "tombstone"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    ENCODING = "encoding"
    FIELDS = "fields"
    TIME = "time"
    USER_ID = "user-id"
    USER_RANGE = "user-range"
    REQUEST = "request"
    MOVIE_ID = "movie-id"
    MINUTE = "minute"
    RATING = "rating"
    RATING_RANGE = "rating-range"
    RECOMMENDATION = "recommendation"
    UNKNOWN_MOVIE = "unknown-movie"


@dataclass(frozen=True, slots=True)
class Watch:
    """One minute of one movie, counted from 0. `time` is aware, in UTC."""

    time: datetime
    user_id: int
    movie_id: str
    minute: int


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating on the native scale of the stream."""

    time: datetime
    user_id: int
    movie_id: str
    rating: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A list that a server gave to a user, best first, or what came instead of one, as it was said."""

    time: datetime
    user_id: int
    server: str
    status: int
    movies: tuple[str, ...]
    error: str | None
    latency_ms: int


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """A user who signed up."""

    time: datetime
    user_id: int


Event = Watch | Rating | Recommendation | AccountCreated


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not taken, its bytes untouched.

    `event` is there when nothing but a movie id is wrong: what the line says, for a catalogue to repair. A
    list then has its text as `error`, too: whoever cannot repair it takes it for that.
    """

    reason: Reason
    raw: bytes
    event: Watch | Rating | Recommendation | None = None
