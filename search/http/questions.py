"""What a request asks for: the words, how many movies, and for whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search.text import QueryError

COUNT, COUNT_MAX = 20, 100
FIELDS = ("query", "n", "user")
_COUNT = re.compile(r"[1-9][0-9]{0,2}")
_USER = re.compile(r"[0-9]{1,200}")


@dataclass(frozen=True, slots=True)
class Wish:
    text: str
    count: int = COUNT
    user: str | None = None  # a run of digits


def of_query(given: Mapping[str, list[str]]) -> Wish:
    """Read the parameters of an address; those of other names are ignored. Raises `QueryError`."""
    found = {}
    for name in ("q", "n", "user"):
        values = given.get(name, [])
        if len(values) > 1:
            raise QueryError(f"{name} is given {len(values)} times: give it once.")
        if values:
            found[name] = values[0]
    count = found.get("n", str(COUNT))
    return Wish(
        found.get("q", ""), _count(int(count) if _COUNT.fullmatch(count) else count), _user(found.get("user"))
    )


def of_body(content: Any) -> Wish:
    """Read a body of JSON; raise `QueryError`."""
    if not isinstance(content, dict):
        raise QueryError('The body is no object: send {"query": "WORDS", "n": 20}.')
    if others := content.keys() - set(FIELDS):
        raise QueryError(f"There is no field {min(others)[:40]!r}: the body may have {', '.join(FIELDS)}.")
    text, user = content.get("query"), content.get("user")
    if not isinstance(text, str):
        raise QueryError("The body has no words to search for: send them as a text in `query`.")
    return Wish(text, _count(content.get("n", COUNT)), _user(str(user) if type(user) is int else user))


def _count(count: Any) -> int:
    if type(count) is not int or not 1 <= count <= COUNT_MAX:
        raise QueryError(f"n is a whole number from 1 to {COUNT_MAX}, not {str(count)[:40]!r}.")
    return count


def _user(user: Any) -> str | None:
    if user is not None and not (isinstance(user, str) and _USER.fullmatch(user)):
        raise QueryError(f"A user is a run of at most 200 digits, not {str(user)[:40]!r}.")
    return user
