"""The first row of a table that is not valid, and why. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.schema import FORGOTTEN, KINDS, REMOVED
from auto_deployment.dataset.valid import EARLIEST, NOT_ANSWERED, STATUS


@dataclass(frozen=True, slots=True)
class RowFault:
    """Where it is and what is wrong; `row` counts from 0, None: the whole file."""

    file: str
    row: int | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{place}: {self.reason}"


def first_fault(file: str, table: pa.Table, scale: tuple[float, float]) -> RowFault | None:
    """Return the first fault, None where every row may be. Nulls are looked at where a kind forbids them."""
    for reason, wrong in _rules(table, scale):
        mask = pc.fill_null(wrong, False)
        row = pc.index(mask, True).as_py()
        if row >= 0:
            return RowFault(file, row, reason)
    return None


def _rules(table: pa.Table, scale: tuple[float, float]) -> Iterator[tuple[str, pa.ChunkedArray]]:
    # As narrow as the column: 4.7 is a little less there.
    low, high = (pa.scalar(end, table.schema.field("rating").type) for end in scale)
    kind, time = table["kind"].cast(pa.string()), table["time"]
    rating, status = table["rating"], table["status"]
    is_rating, is_watch = pc.equal(kind, "rating"), pc.equal(kind, "watch")
    movie = table["movie_id"].cast(pa.string())
    named = pc.and_(pc.is_valid(movie), pc.greater(pc.utf8_length(pc.fill_null(movie, "")), 0))
    known = pa.array([*KINDS, *REMOVED.values(), FORGOTTEN])
    yield "its kind is not known.", pc.invert(pc.is_in(kind, value_set=known))
    yield "its user id is not positive.", pc.less(table["user_id"], 1)
    yield f"its time is before {EARLIEST:%Y}.", pc.less(time, pa.scalar(EARLIEST, time.type))
    yield "it ends before it begins.", pc.less(table["last_time"], time)
    yield "it names no movie.", pc.and_(pc.or_(is_rating, is_watch), pc.invert(named))
    yield "it is a rating without a value.", pc.and_(is_rating, pc.invert(pc.is_valid(rating)))
    outside = pc.or_(pc.less(rating, low), pc.greater(rating, high))
    yield f"its rating is outside of {scale[0]:g} to {scale[1]:g}.", pc.and_(is_rating, outside)
    yield "its rating is not a number.", pc.and_(is_rating, pc.is_nan(rating))
    answered = pc.not_equal(status, NOT_ANSWERED)
    no_status = pc.or_(pc.less(status, STATUS[0]), pc.greater(status, STATUS[1]))
    yield "its status is none that an answer can have.", pc.and_(answered, no_status)
    yield "its latency is negative.", pc.less(table["latency_ms"], 0)
    yield "its offset is negative.", pc.less(table["offset"], 0)
