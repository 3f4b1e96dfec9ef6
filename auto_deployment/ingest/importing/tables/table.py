"""A rating table, block by block as columns of numbers; rows that cannot be taken with the reason why."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Int32Array, Int64Array
from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.tables.fields import Fields, read_fields
from auto_deployment.ingest.importing.tables.movies import Movies
from auto_deployment.ingest.importing.tables.numbers import (
    TEXT_TIMES,
    Numbers,
    counted_times,
    read_numbers,
    whole_numbers,
)
from auto_deployment.ingest.importing.tables.ratings import RatingReader
from auto_deployment.ingest.importing.tables.records import Block, block_of, read_blocks
from auto_deployment.ingest.importing.tables.shape import NO_TIME, SPLIT, TEXT, Shape
from auto_deployment.ingest.importing.tables.split_times import joined
from auto_deployment.ingest.importing.tables.text_file import TextFile
from auto_deployment.ingest.importing.tables.users import Users

NO_TIME_US = 946_684_800_000_000  # 2000-01-01: what the events of a table without times share
_Reasons = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows as columns of numbers: codes of `Users` and `Movies`, times in microseconds since 1970 in UTC."""

    user: Int32Array
    movie: Int32Array
    rating: Float32Array
    time_us: Int64Array

    def __len__(self) -> int:
        return len(self.user)

    def where(self, chosen: BoolArray) -> "Columns":
        return Columns(self.user[chosen], self.movie[chosen], self.rating[chosen], self.time_us[chosen])


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one block that are taken, and the others by the number of their record.

    `records` has the number of the record of each row that is taken, `unknown` the rows that lack nothing
    but a movie that is known.
    """

    block: Block
    records: Int64Array
    taken: Columns
    unknown: Columns
    rated: dict[float, int]  # how often each rating is among the rows
    refused: dict[int, str]
    heads: dict[int, bytes]  # the line `movie:` that each refused record belongs to, where a table has blocks
    first_line: int
    next_line: int

    @property
    def lines(self) -> int:
        """How many records are rows, taken or not: without a header and lines before the rows of a movie."""
        return len(self.taken) + len(self.refused)

    def raw(self, record: int) -> bytes:
        """Return a record so that it can be read again: in a block, after the line that names its movie."""
        return self.heads.get(record, b"") + self.block.raw(record)


class TableReader:
    """Reads all rows of a table once, in bounded memory."""

    def __init__(self, shape: Shape, movies: Movies, users: Users, ratings: RatingReader) -> None:
        self.movies, self.users = movies, users
        self._shape, self._ratings = shape, ratings
        self._block_movie = ""  # of the rows that follow, where a table has blocks

    def read(self, file: TextFile, progress: Callable[[int], object]) -> Iterator[Rows]:
        """Yield the rows; `progress` is told of bytes of text."""
        header = bool(self._shape.names)
        with file.open_text() as stream:
            for block in read_blocks(stream, self._shape.dialect, self._shape.width, progress):
                yield self._rows(block, header)
                header = header and not len(block)

    def read_again(self, raws: Sequence[bytes]) -> Rows:
        """Read rejected rows as `Rows.raw` gave them; `records` and `refused` then say which of these."""
        texts, owner = list(raws), np.arange(len(raws))
        if self._shape.blocks:
            split = [raw.split(b"\n") for raw in raws]
            texts, owner = (
                [line for lines in split for line in lines],
                np.repeat(owner, list(map(len, split))),
            )
        rows = self._rows(block_of(texts, self._shape.dialect), header=False)
        refused = {int(owner[record]): reason for record, reason in rows.refused.items()}
        return replace(rows, records=owner[rows.records], refused=refused)

    def _rows(self, block: Block, header: bool) -> Rows:
        fields = read_fields(block, self._shape.dialect, self._shape.width, self._shape.places)
        refused = dict(fields.damaged)
        if header and len(block):
            refused.pop(0, None)
            fields = _without(fields, fields.records == 0)
        heads = self._heads(block, refused) if self._shape.blocks else None
        movie = heads.codes(self.movies, fields.records) if heads else self._codes(fields.columns["movie"])
        user, time = self.users.read(fields.columns["user"]), self._times(fields)
        texts, places = _distinct(fields.columns["rating"])
        values, unreadable = self._ratings.read(texts)
        found = Columns(user.values.astype(np.int32), movie, values[places], time.values)
        # What is wrong first names the reason, in this order.
        reasons = [user.refused, self._unknown(movie), _spread(unreadable, places), time.refused]
        good = _refuse(block, fields.records, reasons, refused)
        return Rows(
            block,
            fields.records[good],
            found.where(good),
            found.where(_lack_a_movie(reasons, len(good))),
            _counted(values, places[good]),
            refused,
            {record: heads.line(record) for record in refused} if heads else {},
            block.first_line + (header and len(block) > 0),
            block.first_line + block.lines,
        )

    def _times(self, fields: Fields) -> Numbers:
        if self._shape.time == NO_TIME:
            return Numbers(np.full(len(fields.records), NO_TIME_US, np.int64))
        if self._shape.time == SPLIT:
            return read_numbers(joined(fields.columns), TEXT_TIMES)
        form = TEXT_TIMES if self._shape.time == TEXT else counted_times(self._shape.time)
        return read_numbers(fields.columns["time"], form)

    def _codes(self, texts: pa.Array) -> Int32Array:
        if self.movies.numbers:
            with suppress(pa.ArrowInvalid):  # something else is among them
                codes = self.movies.codes_of_numbers(whole_numbers(texts))
                if codes is not None:
                    return codes
        distinct, places = _distinct(texts)
        return self.movies.codes_of(distinct)[places]

    def _unknown(self, movie: Int32Array) -> _Reasons | None:
        if not (movie < 0).any():
            return None
        reasons: _Reasons = np.full(len(movie), None, np.object_)
        for row in np.flatnonzero(movie < 0).tolist():
            reasons[row] = self.movies.reason(int(movie[row]))
        return reasons

    def _heads(self, block: Block, refused: dict[int, str]) -> "_Heads":
        """Find the lines `movie:`, which are no rows."""
        records: list[int] = []
        names = [self._block_movie]
        for record in sorted(refused):
            raw = block.raw(record).strip()
            if raw.endswith(b":") and raw[:-1].isdigit():
                records.append(record)
                names.append(raw[:-1].decode())
                del refused[record]
        self._block_movie = names[-1]
        return _Heads(np.array(records, np.int64), names)


class _Heads(NamedTuple):
    """The records of a block that are lines `movie:`, and the movies: one more, for the rows before them."""

    records: Int64Array
    names: Sequence[str]

    def codes(self, movies: Movies, records: Int64Array) -> Int32Array:
        """Return the movie of each of these records: that of the last head before it."""
        return movies.codes_of(self.names)[np.searchsorted(self.records, records)]

    def line(self, record: int) -> bytes:
        name = self.names[int(np.searchsorted(self.records, record))]
        return f"{name}:\n".encode() if name else b""


def _without(fields: Fields, gone: BoolArray) -> Fields:
    stays = pa.array(~gone)
    columns = {name: column.filter(stays) for name, column in fields.columns.items()}
    return Fields(columns, fields.records[~gone], fields.damaged)


def _distinct(texts: pa.Array) -> tuple[list[str], Int32Array]:
    coded = texts.dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy()


def _spread(reasons: _Reasons, places: Int32Array) -> _Reasons | None:
    return reasons[places] if any(reason is not None for reason in reasons) else None


def _counted(values: Float32Array, places: Int32Array) -> dict[float, int]:
    """Return how often each value is among those at these places."""
    rated: dict[float, int] = {}
    for value, count in zip(
        values.tolist(), np.bincount(places, minlength=len(values)).tolist(), strict=True
    ):
        if count:
            rated[value] = rated.get(value, 0) + count
    return rated


def _lack_a_movie(reasons: Sequence[_Reasons | None], rows: int) -> BoolArray:
    """Return which rows are refused for nothing but an unknown movie."""
    lack = np.zeros(rows, np.bool_)
    _, unknown, *_ = reasons
    if unknown is not None:
        lack = unknown == Reason.UNKNOWN_MOVIE
        for other in reasons:
            if other is not None and other is not unknown:
                lack &= ~other.astype(np.bool_)
    return lack


def _refuse(
    block: Block, records: Int64Array, reasons: Sequence[_Reasons | None], refused: dict[int, str]
) -> BoolArray:
    """Note the first reason of each row that has any, and return which rows have none."""
    good = np.ones(len(records), np.bool_)
    for column in reasons:
        if column is None:
            continue
        for row in np.flatnonzero(good & column.astype(np.bool_)).tolist():
            good[row] = False
            record = int(records[row])
            refused[record] = column[row] if block.raw(record).strip() else Reason.EMPTY
    return good
