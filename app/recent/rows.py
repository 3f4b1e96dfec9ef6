"""What is held of one user as a few bytes a title, newest first. Pure.

A row is a sequence of numbers of 7 bits a byte, the lowest first, the top bit where more follows. The first
is the hour of the newest title; of each title then: its code, and `4 * (hours before the one ahead) + state`,
where a state of 2 or more is followed by one byte with the rating.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.recent.table import GROUPS

HOUR_S = 3600
MAX_TITLES = 200
SPREAD = 0x9E3779B97F4A7C15
RATING_STEPS = 60  # of one star
_FINISHED, _RATED = 1, 2


class Held(NamedTuple):
    """What is held of one title: when something was last heard of it, in hours since 1970, and what."""

    code: int
    hour: int
    finished: bool = False
    rating: int | None = None  # steps above 1


def rating_steps(rating: float) -> int:
    return round((rating - 1) * RATING_STEPS)


def rating_of(steps: int) -> float:
    return 1 + steps / RATING_STEPS


def encode(titles: Iterable[Held]) -> bytes:
    """Return the row of titles that are sorted, newest first."""
    row = bytearray()
    before = None
    for title in titles:
        if before is None:
            _put(row, title.hour)
            before = title.hour
        _put(row, title.code)
        rated = 0 if title.rating is None else _RATED
        _put(row, (before - title.hour) * 4 + rated + (_FINISHED if title.finished else 0))
        if title.rating is not None:
            row.append(title.rating)
        before = title.hour
    return bytes(row)


def decode(row: bytes) -> list[Held]:
    """Return what `encode` was given; raise `IndexError` for half a row."""
    titles: list[Held] = []
    at, end = 0, len(row)
    hour, at = _number(row, at) if end else (0, 0)
    while at < end:
        code, at = _number(row, at)
        value, at = _number(row, at)
        hour -= value >> 2
        rating = None
        if value & _RATED:
            rating = row[at]
            at += 1
        titles.append(Held(code, hour, bool(value & _FINISHED), rating))
    return titles


def codes(row: bytes) -> list[int]:
    """Return the codes alone of what `decode` returns, in a third of the time: most lists need no more.

    Raises `IndexError` for half a row.
    """
    found: list[int] = []
    at, end = 0, len(row)
    if row:
        _, at = _number(row, at)
    while at < end:
        code = row[at]
        at += 1
        if code > 127:
            code, at = _number(row, at - 1)
        found.append(code)
        state = row[at]
        while row[at] > 127:
            at += 1
        at += 2 if state & _RATED else 1
    if at > end:
        raise IndexError("the row ends within a rating")
    return found


def with_newest(row: bytes, new: Held, since_hour: int) -> bytes | None:
    """Return a row with one title ahead of all others, None where only `merge` can tell.

    Nearly every event is of a title that is new to its user and later than what is held of him: for those it
    does what `merge` does in a fifth of the time, but for titles of before the hour, which stay.
    """
    held = codes(row)
    if not held or len(held) >= MAX_TITLES or new.code in held or new.hour < since_hour:
        return None
    hour, at = _number(row, 0)
    if (new.hour, -new.code) < (hour, -held[0]):
        return None
    begin = bytearray(encode((new,)))
    _put(begin, held[0])
    state, at = _number(row, _number(row, at)[1])
    _put(begin, (new.hour - hour) * 4 + state)
    return bytes(begin) + row[at:]


def merge(titles: Iterable[Held], news: Iterable[Held], since_hour: int) -> list[Held]:
    """Return what is held once news are known, at most `MAX_TITLES`, nothing of before an hour.

    Taking the same news again changes nothing: of a title the newest hour stays, watched to the end stays so,
    and a rating gives way only to one that is not older.
    """
    held = {title.code: title for title in titles}
    for new in news:
        old = held.get(new.code)
        held[new.code] = new if old is None else _joined(old, new)
    kept = [title for title in held.values() if title.hour >= since_hour]
    kept.sort(key=_order)
    return kept[:MAX_TITLES]


def group_of(user_id: int) -> tuple[int, int]:
    """Return the group in which a user is kept together with a few others, and the place among them.

    Users of successive numbers go to successive groups, those of far numbers anywhere.
    """
    place = user_id // GROUPS
    return (user_id + (place * SPREAD >> 32)) % GROUPS, place


def mark_of(place: int) -> int:
    """Return the bit that says that somebody of this place, or of one eight from it, is in a group."""
    return 1 << (place & 7)


def user_of(group: int, place: int) -> int:
    """Return the user whose group and place these are, as `group_of` gives them."""
    return place * GROUPS + (group - (place * SPREAD >> 32)) % GROUPS


def row_in(kept: bytes, place: int) -> bytes | None:
    """Return the row of one of the users that are kept together."""
    at = 0
    while at < len(kept):
        found, at = _number(kept, at)
        length, at = _number(kept, at)
        if found == place:
            return kept[at : at + length]
        at += length
    return None


def rows_in(kept: bytes) -> dict[int, bytes]:
    """Return all rows that are kept together, by place."""
    rows = {}
    at = 0
    while at < len(kept):
        place, at = _number(kept, at)
        length, at = _number(kept, at)
        rows[place] = kept[at : at + length]
        at += length
    return rows


def together(rows: Mapping[int, bytes]) -> bytes:
    """Return what `rows_in` takes apart; empty rows are left out."""
    kept = bytearray()
    for place in sorted(rows):
        if row := rows[place]:
            _put(kept, place)
            _put(kept, len(row))
            kept += row
    return bytes(kept)


def _joined(old: Held, new: Held) -> Held:
    takes_rating = new.rating is not None and (old.rating is None or new.hour >= old.hour)
    return Held(
        old.code,
        max(old.hour, new.hour),
        old.finished or new.finished,
        new.rating if takes_rating else old.rating,
    )


def _order(title: Held) -> tuple[int, int]:
    return -title.hour, title.code


def _put(row: bytearray, value: int) -> None:
    while value > 127:
        row.append(value & 127 | 128)
        value >>= 7
    row.append(value)


def _number(row: bytes, at: int) -> tuple[int, int]:
    value = row[at]
    at += 1
    if value < 128:
        return value, at
    value &= 127
    shift = 7
    while True:
        byte = row[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
