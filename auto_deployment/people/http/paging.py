"""A part of a list, and where the next begins: after a key, so that what comes in between moves nothing."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from werkzeug.exceptions import BadRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
T = TypeVar("T")
Key = tuple[Any, ...]


def page(
    items: Sequence[T], key: Callable[[T], Key], query: Mapping[str, str], show: Callable[[T], Any]
) -> dict[str, Any]:
    """Return `items`, which are in order of `key`, from `cursor` on, and `next_cursor`, null at the end."""
    limit = _limit(query.get("limit"))
    if "cursor" in query:
        items = _after(items, key, _read(query["cursor"]))
    shown = items[:limit]
    more = len(items) > limit
    return {"items": list(map(show, shown)), "next_cursor": _cursor(key(shown[-1])) if more else None}


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= MAX_LIMIT:
        raise BadRequest(f"limit is a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _after(items: Sequence[T], key: Callable[[T], Key], last: Key) -> Sequence[T]:
    try:
        return [one for one in items if key(one) > last]
    except TypeError:
        raise _no_cursor() from None


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read(text: str) -> Key:
    try:
        content = json.loads(
            base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars=b"-_", validate=True)
        )
    except (ValueError, RecursionError):
        raise _no_cursor() from None
    if not isinstance(content, list):
        raise _no_cursor()
    return tuple(content)


def _no_cursor() -> BadRequest:
    return BadRequest("cursor is what `next_cursor` of the page before says: begin without one.")
