"""What a request brings, checked: strict JSON whose fields are known, a key, and no other parameters."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from flask import request
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

from auto_deployment.host.codec import LATER, from_plain
from auto_deployment.people.correct import MAX_MINUTE, EventName, Value
from auto_deployment.people.words import read_time

MAX_BODY = 4_096  # bytes; an event has some 150
_SHOWN = 100
_KEY = re.compile(r"[\x21-\x7e]{1,64}")


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


Body = TypeVar("Body", ValueBody, EventBody)


def read_body(kind: type[Body]) -> Body:
    """Return the body of the current request; raise what says why it cannot be taken."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with `Content-Type: application/json`.")
    try:
        content = json.loads(request.get_data(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON that can be read ({error}).") from None
    known = [one.name for one in fields(kind)]
    if isinstance(content, dict) and (others := content.keys() - known):
        raise UnprocessableEntity(
            f"There is no field {min(others)[:40]!r}: the body may have {', '.join(known)}."
        )
    try:
        return from_plain(kind, content)
    except ValueError as error:
        said = str(error)
        reason = said if len(said) <= 2 * _SHOWN else f"{said[:_SHOWN]}...{said[-_SHOWN:]}"
        raise UnprocessableEntity(f"The body cannot be taken: {reason}.") from None


def read_key() -> str | None:
    """Return the caller's key, None without one."""
    text = request.headers.get("Idempotency-Key")
    if text is not None and not _KEY.fullmatch(text):
        raise BadRequest("Idempotency-Key is 1 to 64 visible characters of ASCII, such as a UUID.")
    return text


def read_query(allowed: Iterable[str] = ()) -> Mapping[str, str]:
    """Return the parameters of the query, each once; refuse all others."""
    known = list(allowed)
    for name, values in request.args.lists():
        if name not in known:
            takes = f"takes {', '.join(known)}" if known else "takes no parameters"
            raise BadRequest(f"There is no parameter {name[:40]!r}: this address {takes}.")
        if len(values) > 1:
            raise BadRequest(f"{name} is given {len(values)} times: give it once.")
    return request.args.to_dict()


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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")
