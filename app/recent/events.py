"""One event as a line: `<unix seconds> <user> <movie> <what>`; the same in a followed file and in Redis.

A user who was forgotten is such a line, too, of no movie: who does not know it leaves it out as unreadable.
"""

from math import isfinite
from typing import NamedTuple

STARTED = "started"
FINISHED = "finished"
FORGOTTEN, NO_MOVIE = "forgotten", "-"
RATING_MIN, RATING_MAX = 1.0, 5.0
MAX_USER_ID = 2**63 - 1
MOVIE_BYTES = 256


class RecentEvent(NamedTuple):
    """A user saw the beginning of a movie, or nearly all of it, or rated it from 1 to 5."""

    time_s: int
    user_id: int
    movie_id: str
    finished: bool = False
    rating: float | None = None


class Forgotten(NamedTuple):
    """What a user did up to a time counts no more."""

    time_s: int
    user_id: int


def render(event: RecentEvent | Forgotten) -> bytes:
    """Return the line, without its end."""
    if isinstance(event, Forgotten):
        return f"{event.time_s} {event.user_id} {NO_MOVIE} {FORGOTTEN}".encode()
    what = FINISHED if event.finished else STARTED
    if event.rating is not None:
        what = f"{event.rating:g}"
    return f"{event.time_s} {event.user_id} {event.movie_id} {what}".encode()


def parse(line: bytes) -> RecentEvent | Forgotten | None:
    """Return what a line says, None when it says nothing that can be used."""
    try:
        time, user, movie, what = line.decode().split(" ")
        time_s, user_id = int(time), int(user)
        rating = None if what in (STARTED, FINISHED, FORGOTTEN) else float(what)
    except ValueError:
        return None
    if not (0 <= time_s < 2**40 and 0 <= user_id <= MAX_USER_ID and 0 < len(movie.encode()) <= MOVIE_BYTES):
        return None
    if rating is not None and not (isfinite(rating) and RATING_MIN <= rating <= RATING_MAX):
        return None
    if what == FORGOTTEN:
        return Forgotten(time_s, user_id)
    return RecentEvent(time_s, user_id, movie, what == FINISHED, rating)
