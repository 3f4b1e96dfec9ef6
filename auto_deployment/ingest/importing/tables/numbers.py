"""Columns of texts -> columns of numbers, all at once where they are as usual, else one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.ingest.importing.rows import (
    END_S,
    FIRST_S,
    MAX_USER_ID,
    UnusableRowError,
    read_number_time,
    read_time,
    read_user,
)

Reasons = npt.NDArray[np.object_]

# Of each unit: so many microseconds are so many of it.
UNITS = {
    "seconds": (1_000_000, 1),
    "milliseconds": (1_000, 1),
    "microseconds": (1, 1),
    "nanoseconds": (1, 1_000),
}
_DATE = (
    "(?:19|20)[0-9]{2}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)"
)
_CLOCK = "(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)"
_NUMBER = "^[0-9]{1,18}$"

Cast = Callable[[pa.Array], Int64Array]


@dataclass(frozen=True, slots=True)
class Form:
    """How a column is read: `cast` takes whatever matches `usual`, and `exact` decides on all others.

    What is cast counts only from `low` to before `end`; `exact` raises `UnusableRowError`.
    """

    usual: str
    casts: Sequence[Cast]
    low: int
    end: int
    exact: Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values, and the reason of each that is none (else `None`); `refused` is `None` if all are values."""

    values: Int64Array
    refused: Reasons | None = None


def read_numbers(texts: pa.Array, form: Form) -> Numbers:
    """Read a whole column."""
    for cast in form.casts:
        try:
            values = cast(texts)
        except pa.ArrowInvalid:
            continue
        return _others_exactly(texts, values, (values >= form.low) & (values < form.end), form)
    usual = pc.match_substring_regex(texts, form.usual).to_numpy(zero_copy_only=False)
    values = np.zeros(len(texts), np.int64)
    values[usual] = form.casts[0](texts.filter(pa.array(usual)))
    return _others_exactly(texts, values, usual & (values >= form.low) & (values < form.end), form)


def _others_exactly(texts: pa.Array, values: Int64Array, good: npt.NDArray[np.bool_], form: Form) -> Numbers:
    others = np.flatnonzero(~good)
    if not len(others):
        return Numbers(values)
    values = values.copy()
    refused: Reasons = np.full(len(values), None, np.object_)
    for row in others.tolist():
        try:
            values[row] = form.exact(texts[row].as_py().encode())
        except UnusableRowError as error:
            refused[row] = error.reason
    return Numbers(values, refused)


def whole_numbers(texts: pa.Array) -> Int64Array:
    """Read whole decimal numbers; raise `pa.ArrowInvalid` if anything else is among them."""
    if _holds_x(texts):
        raise pa.ArrowInvalid("Arrow takes 0x10 for 16, and we do not")
    found: Int64Array = pc.cast(texts, pa.int64()).to_numpy()
    return found


def _holds_x(texts: pa.Array) -> bool:
    letters = texts.buffers()[2]
    return letters is not None and bool(np.any(np.frombuffer(letters, np.uint8) | 32 == ord("x")))


def _whole_floats(texts: pa.Array) -> Int64Array:
    return whole_numbers(pc.replace_substring_regex(texts, "[.]0*$", ""))


def _counted(texts: pa.Array, us: int, units: int, cast: Cast) -> Int64Array:
    values = cast(texts)
    # A number that is no time in this unit must not become one by running over.
    return np.where((values >= 0) & (values < 2**62 // us), values, 0) * us // units


def _texts(texts: pa.Array, zone: str | None) -> Int64Array:
    found: Int64Array = pc.cast(texts, pa.timestamp("us", zone)).cast(pa.int64()).to_numpy()
    return found


USERS = Form(_NUMBER, (whole_numbers, _whole_floats), 1, MAX_USER_ID + 1, read_user)
TEXT_TIMES = Form(
    f"^{_DATE}{_CLOCK}?$",
    (partial(_texts, zone=None), partial(_texts, zone="UTC")),
    FIRST_S * 1_000_000,
    END_S * 1_000_000,
    read_time,
)


def counted_times(unit: str) -> Form:
    """Return how times are read that count a unit since 1970."""
    us, units = UNITS[unit]
    casts = [partial(_counted, us=us, units=units, cast=cast) for cast in (whole_numbers, _whole_floats)]
    exact = partial(read_number_time, us=us, units=units)
    return Form(_NUMBER, casts, FIRST_S * 1_000_000, END_S * 1_000_000, exact)
