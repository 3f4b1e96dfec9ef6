"""A rating table, block by block as columns of numbers; rows that cannot be taken with the reason why."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Int32Array, Int64Array
from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.tables.fields import Fields, read_fields
from auto_deployment.ingest.importing.tables.movies import Movies
from auto_deployment.ingest.importing.tables.numbers import (
    TEXT_TIMES,
    USERS,
    Numbers,
    counted_times,
    read_numbers,
    whole_numbers,
)
from auto_deployment.ingest.importing.tables.ratings import RatingReader
from auto_deployment.ingest.importing.tables.records import Block, read_blocks
from auto_deployment.ingest.importing.tables.shape import NO_TIME, TEXT, Shape
from auto_deployment.ingest.importing.tables.text_file import TextFile

NO_TIME_US = 946_684_800_000_000  # 2000-01-01: what the events of a table without times share
_Reasons = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one block that are taken, and the others by the number of their record."""

    block: Block
    user_id: Int32Array
    movie: Int32Array  # a code of `Movies`
    rating: Float32Array
    time_us: Int64Array
    rated: dict[float, int]  # how often each rating is among the rows
    refused: dict[int, str]
    first_line: int
    next_line: int

    @property
    def lines(self) -> int:
        """How many records are rows, taken or not: without a header and lines before the rows of a movie."""
        return len(self.user_id) + len(self.refused)


class TableReader:
    """Reads all rows of a table once, in bounded memory."""

    def __init__(self, shape: Shape, movies: Movies, ratings: RatingReader) -> None:
        self.movies = movies
        self._shape, self._ratings = shape, ratings
        self._block_movie = ""  # of the rows that follow, where a table has blocks

    def read(self, file: TextFile, progress: Callable[[int], object]) -> Iterator[Rows]:
        """Yield the rows; `progress` is told of bytes of text."""
        header = bool(self._shape.names)
        with file.open_text() as stream:
            for block in read_blocks(stream, self._shape.dialect, self._shape.width, progress):
                yield self._rows(block, header)
                header = header and not len(block)

    def _rows(self, block: Block, header: bool) -> Rows:
        fields = read_fields(block, self._shape.dialect, self._shape.width, self._shape.places)
        refused = dict(fields.damaged)
        if header and len(block):
            refused.pop(0, None)
            fields = _without(fields, fields.records == 0)
        if self._shape.blocks:
            movie = self._movie_codes(block, fields, refused)
        else:
            movie = self._codes(fields.columns["movie"])
        user, time = read_numbers(fields.columns["user"], USERS), self._times(fields)
        texts, places = _distinct(fields.columns["rating"])
        values, unreadable = self._ratings.read(texts)
        # What is wrong first names the reason, in this order.
        reasons = [user.refused, self._unknown(movie), _spread(unreadable, places), time.refused]
        good = _refuse(block, fields.records, reasons, refused)
        counts = np.bincount(places[good], minlength=len(texts)).tolist()
        rated: dict[float, int] = {}
        for value, count in zip(values.tolist(), counts, strict=True):
            if count:
                rated[value] = rated.get(value, 0) + count
        return Rows(
            block,
            user.values[good].astype(np.int32),
            movie[good],
            values[places][good],
            time.values[good],
            rated,
            refused,
            block.first_line + (header and len(block) > 0),
            block.first_line + block.lines,
        )

    def _times(self, fields: Fields) -> Numbers:
        if self._shape.time == NO_TIME:
            return Numbers(np.full(len(fields.records), NO_TIME_US, np.int64))
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

    def _movie_codes(self, block: Block, fields: Fields, refused: dict[int, str]) -> Int32Array:
        """Return the movie of each row: that of the last line `movie:` before it."""
        heads: list[int] = []
        names = [self._block_movie]
        for record in sorted(fields.damaged):
            raw = block.raw(record).strip()
            if raw.endswith(b":") and raw[:-1].isdigit():
                heads.append(record)
                names.append(raw[:-1].decode())
                del refused[record]
        self._block_movie = names[-1]
        codes = self.movies.codes_of(names)
        return codes[np.searchsorted(np.array(heads, np.int64), fields.records)]


def _without(fields: Fields, gone: BoolArray) -> Fields:
    stays = pa.array(~gone)
    columns = {name: column.filter(stays) for name, column in fields.columns.items()}
    return Fields(columns, fields.records[~gone], fields.damaged)


def _distinct(texts: pa.Array) -> tuple[list[str], Int32Array]:
    coded = texts.dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy()


def _spread(reasons: _Reasons, places: Int32Array) -> _Reasons | None:
    return reasons[places] if any(reason is not None for reason in reasons) else None


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
