"""What a request asks for, checked: a bad value becomes a 400 whose sentence says what is allowed."""

import re
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import BadRequest

from app.recommender import MAX_USER_ID

DEFAULT_N = 20
MAX_N = 100
MAX_EXCLUDED = 200
MAX_SCORED = 100

_COUNT = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Wish:
    """How long a list shall be and what shall not, or only, stand in it."""

    n: int = DEFAULT_N
    exclude: tuple[str, ...] = ()
    genre: str | None = None


PLAIN = Wish()


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that another track has shown, and the version of its model."""

    movies: tuple[str, ...]
    model: str


def is_user(text: str) -> bool:
    return text.isascii() and text.isdigit()


def read_user(text: str) -> int:
    """Return the user id; digits are valid in any number, and leading zeros name the same user as without.

    An id beyond 64 bits belongs to nobody in a model and becomes one that belongs to nobody.
    """
    if not is_user(text):
        raise BadRequest(f"A user id is a run of digits, not {_shown(text)}.")
    digits = text.lstrip("0") or "0"
    # Longer runs would meet the interpreter's limit on converting digits.
    return int(digits) if len(digits) <= 19 else MAX_USER_ID + 1


def read_asked_user() -> str:
    """Return the user that a form names, empty where its field is."""
    user = (_single("user") or "").strip(" ")
    if user:
        read_user(user)
    return user


def read_words() -> str:
    """Return what a form searches for, empty where its field is."""
    return (_single("q") or "").strip()


def read_shown() -> Shown | None:
    """Return the list that a person has seen on another page, None where none is handed on."""
    text, model = _single("movies"), _single("model")
    if text is None:
        return None
    movies = tuple(filter(None, text.replace(" ", "+").split(",")))
    if len(movies) > DEFAULT_N:
        raise BadRequest(f"movies takes up to {DEFAULT_N} movie ids, not {len(movies)}.")
    return Shown(movies, (model or "")[:128])


def read_scored() -> tuple[str, ...]:
    """Return the movies that are to be scored, as they were named; none where none is."""
    text = (_single("movies") or "").replace(" ", "+")
    movies = tuple(text.split(",")) if text else ()
    if len(movies) > MAX_SCORED:
        raise BadRequest(f"movies takes up to {MAX_SCORED} movie ids, not {len(movies)}.")
    return movies


def read_wish(query_string: str) -> Wish:
    """Return what the current request asks for; parameters of other names are ignored."""
    if not query_string:  # nearly every request
        return PLAIN
    return Wish(read_n(), _read_exclude(), _single("genre"))


def read_n() -> int:
    text = _single("n")
    if text is None:
        return DEFAULT_N
    if not _COUNT.fullmatch(text) or int(text) > MAX_N:
        raise BadRequest(f"n is a whole number from 1 to {MAX_N}, not {_shown(text)}.")
    return int(text)


def _read_exclude() -> tuple[str, ...]:
    # A movie id holds + but never a space: a + that the query string turned into a space is put back.
    text = (_single("exclude") or "").replace(" ", "+")
    movies = tuple(text.split(","))
    if len(movies) > MAX_EXCLUDED:
        raise BadRequest(f"exclude takes up to {MAX_EXCLUDED} movie ids, not {len(movies)}.")
    return movies


def _single(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"{name} is given {len(values)} times: give it once.")
    return values[0] if values else None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
