"""Line -> event. Total: any bytes give an event or a `Rejection`, never an exception."""

import re
from dataclasses import replace
from datetime import datetime

from auto_deployment.dataset.events.forms import read_zoned_time, unprint
from auto_deployment.dataset.events.movie_ids import (
    PLAIN,
    is_damaged,
    is_plain,
    read_listed_id,
    read_movie_id,
)
from auto_deployment.dataset.events.types import (
    AccountCreated,
    Event,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
)
from auto_deployment.dataset.valid import EARLIEST, MAX_USER_ID, is_status

MAX_LINE_BYTES = 65_536

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{0,9})?)?"
_NATURAL = r"(?:0|[1-9][0-9]{0,%d})"
_MINUTE = _NATURAL % 4

_is_time = re.compile(_TIME).fullmatch
_is_whole = re.compile(r"-?[0-9]+").fullmatch
_is_user_id = re.compile(r"[1-9][0-9]{0,17}").fullmatch
_is_minute_file = re.compile(rf"({_MINUTE})\.mpg").fullmatch
_is_rating = re.compile(_NATURAL % 1 + r"(?:\.[0-9])?").fullmatch
# Whatever a server has said, line feeds included: what is broken is told by its status.
_match_recommendation = re.compile(
    r"recommendation request ([A-Za-z0-9._-]{1,253}:[0-9]{1,5}), status (0|[1-9][0-9]{2}), "
    rf"result: (.*), ({_NATURAL % 8}) ms",
    re.DOTALL,
).fullmatch
# The usual watch line in one match. It has to answer as the steps below do (there is a test).
_match_usual = re.compile(
    rf"({_TIME}),([1-9][0-9]{{0,17}}),GET /data/m/({PLAIN})/({_MINUTE})\.mpg(?:\r?\n)?"
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
        when = datetime.fromisoformat(time + "+00:00")
    except ValueError:
        return None
    return Watch(when, user_id, movie_id, int(minute)) if when >= EARLIEST else None


def parse_in_steps(text: str, rating_scale: tuple[float, float], max_user_id: int) -> Event:
    """Check part after part, so that what is wrong first names the reason."""
    line = text.removesuffix("\n").removesuffix("\r")
    if line.startswith("b") and (printed := unprint(line)) is not None:
        line = printed.removesuffix("\n").removesuffix("\r")
    if not line.strip():
        raise _Refusal(Reason.EMPTY)
    parts = line.split(",", 2)
    if len(parts) < 3:
        raise _Refusal(Reason.FIELDS)
    # One blank after a comma is how some print lists; a second one is damage.
    user, request = parts[1].removeprefix(" "), parts[2].removeprefix(" ")
    time, user_id = _parse_time(parts[0]), _parse_user_id(user, max_user_id)
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
    if _is_time(text):
        try:
            time = datetime.fromisoformat(text.removesuffix(".") + "+00:00")
        except ValueError:
            raise _Refusal(Reason.TIME) from None
    else:
        zoned = read_zoned_time(text)
        if zoned is None:
            raise _Refusal(Reason.TIME)
        time = zoned
    if time < EARLIEST:
        raise _Refusal(Reason.TIME)
    return time


def _parse_user_id(text: str, max_user_id: int) -> int:
    if _is_user_id(text) and int(text) <= max_user_id:
        return int(text)
    raise _Refusal(Reason.USER_RANGE if _is_whole(text) else Reason.USER_ID)


def _parse_watch(time: datetime, user_id: int, path: str) -> Watch:
    written, _, file = path.rpartition("/")
    found = _is_minute_file(file)
    if found is None:
        raise _Refusal(Reason.MINUTE)
    movie_id = read_movie_id(written)
    if movie_id is None:
        raise _damaged_id(written, Watch(time, user_id, written, int(found[1])))
    return Watch(time, user_id, movie_id, int(found[1]))


def _parse_rating(time: datetime, user_id: int, path: str, scale: tuple[float, float]) -> Rating:
    written, _, value = path.rpartition("=")
    if not _is_rating(value):
        raise _Refusal(Reason.RATING)
    rating = float(value)
    if not scale[0] <= rating <= scale[1]:
        raise _Refusal(Reason.RATING_RANGE)
    movie_id = read_movie_id(written)
    if movie_id is None:
        raise _damaged_id(written, Rating(time, user_id, written, rating))
    return Rating(time, user_id, movie_id, rating)


def _parse_recommendation(time: datetime, user_id: int, request: str) -> Recommendation:
    """Read an answer. What is no list, and cannot have been one, is kept as it was said, as the error."""
    found = _match_recommendation(request)
    if found is None or not is_status(int(found[2])):
        raise _Refusal(Reason.RECOMMENDATION)
    server, status, result, latency_ms = found.groups()
    words = result.split(", " if ", " in result else ",") if result else []
    if status != "200" and not all("+" in word and read_movie_id(word) for word in words):
        return Recommendation(time, user_id, server, int(status), (), result, int(latency_ms))
    if all(map(is_plain, words)):
        return Recommendation(time, user_id, server, int(status), tuple(words), None, int(latency_ms))
    read = [read_listed_id(word) for word in words]
    unread = [word for word, movie_id in zip(words, read, strict=True) if movie_id is None]
    movies = tuple(movie_id or word for movie_id, word in zip(read, words, strict=True))
    event = Recommendation(time, user_id, server, int(status), movies, None, int(latency_ms))
    if not unread:
        return event
    if len(unread) == 1 and "+" in unread[0] and is_damaged(unread[0]):
        raise _Refusal(Reason.MOVIE_ID, replace(event, error=result))
    return replace(event, movies=(), error=result)


def _damaged_id(written: str, event: Watch | Rating) -> _Refusal:
    return _Refusal(Reason.MOVIE_ID, event if is_damaged(written) else None)
