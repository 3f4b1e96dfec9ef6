"""One field of a rating table -> its value, or the reason why it cannot be taken."""

import re
from datetime import UTC, datetime

from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.events import Reason

TIME_RANGE = "time-range"
MAX_USER_ID = 2**31 - 1  # what a segment's readers can pack
_MOST_DIGITS = 10  # of numbers worth converting
FIRST_S = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
END_S = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

_is_rating = re.compile(r"[0-9]{1,3}(?:\.[0-9]{0,6})?").fullmatch
_is_whole = re.compile(rb"-?[0-9]+(?:\.0*)?").fullmatch
_is_count = re.compile(rb"[0-9]{1,19}(?:\.[0-9]{0,9})?").fullmatch
_is_number = re.compile(rb"-?[0-9]+(?:\.[0-9]*)?").fullmatch
_is_time = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    rb"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
).fullmatch


class UnusableRowError(Exception):
    """A row or line that cannot be taken, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def without_fraction(field: str) -> str:
    """Return an id as it was before a program took it for a fractional number: `12.0` is 12."""
    text = field.strip()
    whole, point, zeros = text.partition(".")
    return whole if point and whole.isdigit() and not zeros.strip("0") else text


def read_user(field: bytes) -> int:
    """Read a user id; raise `UnusableRowError`."""
    text = without_fraction(field.decode()).encode()
    if text.isdigit() and len(text) <= _MOST_DIGITS and 0 < (user_id := int(text)) <= MAX_USER_ID:
        return user_id
    raise UnusableRowError(Reason.USER_RANGE if _is_whole(text) else Reason.USER_ID)


def read_number_time(field: bytes, us: int, units: int) -> int:
    """Read a time that counts since 1970, `us` microseconds for so many units; raise `UnusableRowError`."""
    text = field.strip()
    if _is_count(text):
        whole, _, fraction = text.partition(b".")
        time_us = (int(whole) * us + round(float(b"0." + (fraction or b"0")) * us)) // units
        if FIRST_S * 1_000_000 <= time_us < END_S * 1_000_000:
            return time_us
    raise UnusableRowError(TIME_RANGE if _is_number(text) else Reason.TIME)


def read_time(field: bytes) -> int:
    """Read `YYYY-MM-DD[ HH:MM[:SS[.fraction]]]`, UTC where it names no zone; raise `UnusableRowError`."""
    text = field.strip().removesuffix(b"UTC").strip()
    if not _is_time(text):
        raise UnusableRowError(Reason.TIME)
    try:
        time = datetime.fromisoformat(text.decode())
    except ValueError:
        raise UnusableRowError(Reason.TIME) from None
    time_us = microseconds(time if time.tzinfo else time.replace(tzinfo=UTC))
    if not FIRST_S * 1_000_000 <= time_us < END_S * 1_000_000:
        raise UnusableRowError(TIME_RANGE)
    return time_us


def read_rating(field: str, *, decimal_comma: bool = False) -> float:
    """Read a rating of any scale; raise `UnusableRowError`."""
    text = field.strip()
    if decimal_comma:
        text = text.replace(",", ".", 1)
    if not _is_rating(text):
        raise UnusableRowError(Reason.RATING)
    return float(text)
