"""Line -> event. Total: any bytes give an event or a `Rejection`, never an exception."""

import re
from datetime import datetime

from auto_deployment.dataset.events.types import (
    AccountCreated,
    Event,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
)

MAX_LINE_BYTES = 65_536
MAX_USER_ID = 1_000_000

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{0,9})?)?"
_NATURAL = r"(?:0|[1-9][0-9]{0,%d})"
_MOVIE_ID = r"[a-z0-9+._*'~-]+"
_MINUTE = _NATURAL % 4

_is_time = re.compile(_TIME).fullmatch
_is_whole = re.compile(r"-?[0-9]+").fullmatch
_is_user_id = re.compile(r"[1-9][0-9]{0,17}").fullmatch
_is_movie_id = re.compile(_MOVIE_ID).fullmatch
# What one stray character can leave of an id: anything printable on one line, but no comma.
_is_damaged_movie_id = re.compile(r"[^,\x00-\x1f\x7f]{1,500}").fullmatch
_is_minute_file = re.compile(rf"({_MINUTE})\.mpg").fullmatch
_is_rating = re.compile(_NATURAL % 1 + r"(?:\.[0-9])?").fullmatch
_match_recommendation = re.compile(
    r"recommendation request ([A-Za-z0-9._-]{1,253}:[0-9]{1,5}), status (0|[1-9][0-9]{2}), "
    rf"result: ([^\x00-\x1f\x7f]*), ({_NATURAL % 8}) ms"
).fullmatch
# The usual watch line in one match. It has to answer as the steps below do (there is a test).
_match_usual = re.compile(
    rf"({_TIME}),([1-9][0-9]{{0,17}}),GET /data/m/({_MOVIE_ID})/({_MINUTE})\.mpg(?:\r?\n)?"
).fullmatch


class _Refusal(Exception):
    """Leaves the steps of the full parser early."""

    def __init__(self, reason: Reason, event: Watch | Rating | Recommendation | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.event = event


def parse(
    line: bytes | None, *, rating_scale: tuple[float, float] = (1, 5), max_user_id: int = MAX_USER_ID
) -> Event | Rejection:
    """Read one line, with or without its line end; `None` is a Kafka tombstone.

    Times without a zone are UTC; digits of a fraction beyond microseconds are cut off.
    """
    if line is None:
        return Rejection(Reason.TOMBSTONE, b"")
    if len(line) > MAX_LINE_BYTES:
        return Rejection(Reason.TOO_LONG, line)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Rejection(Reason.ENCODING, line)
    watch = parse_usual_watch(text, max_user_id)
    if watch is not None:
        return watch
    try:
        return parse_in_steps(text, rating_scale, max_user_id)
    except _Refusal as refusal:
        return Rejection(refusal.reason, line, refusal.event)


def parse_usual_watch(text: str, max_user_id: int) -> Watch | None:
    """Answer as `parse_in_steps` for nearly every watch line, several times faster; else `None`."""
    found = _match_usual(text)
    if found is None:
        return None
    time, user, movie_id, minute = found.groups()
    user_id = int(user)
    if user_id > max_user_id:
        return None
    try:
        return Watch(datetime.fromisoformat(time + "+00:00"), user_id, movie_id, int(minute))
    except ValueError:
        return None


def parse_in_steps(text: str, rating_scale: tuple[float, float], max_user_id: int) -> Event:
    """Check part after part, so that what is wrong first names the reason."""
    line = text.removesuffix("\n").removesuffix("\r")
    if not line.strip():
        raise _Refusal(Reason.EMPTY)
    parts = line.split(",", 2)
    if len(parts) < 3:
        raise _Refusal(Reason.FIELDS)
    time, user_id, request = _parse_time(parts[0]), _parse_user_id(parts[1], max_user_id), parts[2]
    if request.startswith("GET /data/m/"):
        return _parse_watch(time, user_id, request.removeprefix("GET /data/m/"))
    if request.startswith("GET /rate/"):
        return _parse_rating(time, user_id, request.removeprefix("GET /rate/"), rating_scale)
    if request.startswith("recommendation request "):
        return _parse_recommendation(time, user_id, request)
    if request == "GET /create_account":
        return AccountCreated(time, user_id)
    raise _Refusal(Reason.REQUEST)


def _parse_time(text: str) -> datetime:
    if not _is_time(text):
        raise _Refusal(Reason.TIME)
    try:
        return datetime.fromisoformat(text.removesuffix(".") + "+00:00")
    except ValueError:
        raise _Refusal(Reason.TIME) from None


def _parse_user_id(text: str, max_user_id: int) -> int:
    if _is_user_id(text) and int(text) <= max_user_id:
        return int(text)
    raise _Refusal(Reason.USER_RANGE if _is_whole(text) else Reason.USER_ID)


def _parse_watch(time: datetime, user_id: int, path: str) -> Watch:
    movie_id, _, file = path.rpartition("/")
    found = _is_minute_file(file)
    if found is None:
        raise _Refusal(Reason.MINUTE)
    watch = Watch(time, user_id, movie_id, int(found[1]))
    _check_movie_ids((movie_id,), watch)
    return watch


def _parse_rating(time: datetime, user_id: int, path: str, scale: tuple[float, float]) -> Rating:
    movie_id, _, value = path.rpartition("=")
    if not _is_rating(value):
        raise _Refusal(Reason.RATING)
    rating = Rating(time, user_id, movie_id, float(value))
    if not scale[0] <= rating.rating <= scale[1]:
        raise _Refusal(Reason.RATING_RANGE)
    _check_movie_ids((movie_id,), rating)
    return rating


def _parse_recommendation(time: datetime, user_id: int, request: str) -> Recommendation:
    found = _match_recommendation(request)
    if found is None:
        raise _Refusal(Reason.RECOMMENDATION)
    server, status, result, latency_ms = found.groups()
    movies = tuple(result.split(", " if ", " in result else ",")) if result else ()
    if status != "200" and not _looks_like_movies(movies):
        return Recommendation(time, user_id, server, int(status), (), result, int(latency_ms))
    event = Recommendation(time, user_id, server, int(status), movies, None, int(latency_ms))
    _check_movie_ids(movies, event)
    return event


def _looks_like_movies(words: tuple[str, ...]) -> bool:
    """Tell a list from the error text of a failed request: real ids are words joined by `+`."""
    return all("+" in word and _is_movie_id(word) for word in words)


def _check_movie_ids(movie_ids: tuple[str, ...], event: Watch | Rating | Recommendation) -> None:
    if all(map(_is_movie_id, movie_ids)):
        return
    repairable = all(map(_is_damaged_movie_id, movie_ids))
    raise _Refusal(Reason.MOVIE_ID, event if repairable else None)
