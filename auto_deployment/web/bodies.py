"""What a request brings, checked: strict JSON whose fields are known, a key, and no other parameters."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from flask import request
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

from auto_deployment.host.codec import from_plain

_SHOWN = 100
_KEY = re.compile(r"[\x21-\x7e]{1,64}")
T = TypeVar("T")


def read_body(kind: type[T], *, closed: bool = True) -> T:
    """Return the body of the current request as a dataclass; raise what says why it cannot be taken.

    Fields that are not known are left out where it is not `closed`.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with `Content-Type: application/json`.")
    try:
        content = json.loads(request.get_data(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON that can be read ({error}).") from None
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    if closed and isinstance(content, dict) and (others := content.keys() - known):
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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")
