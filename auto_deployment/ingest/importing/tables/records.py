"""Blocks of whole records: where each begins and ends, at which line, and which cannot be one.

A record is a line, or several if line feeds stand between quotes. A quote that is never closed must not take
the lines after it along: it makes its own line unusable, and no more.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.dataset.events import MAX_LINE_BYTES, Reason
from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.text_file import TextStream

BLOCK_BYTES = 8 << 20
_LINE_FEED, _QUOTE = 10, 34


@dataclass(slots=True)
class Block:
    """Whole records one after the other; `starts` has the end of the last one too.

    `first_line` counts lines of the file from 0; `damaged` are records that no library has to see.
    """

    data: bytes
    starts: Int64Array
    first_line: int
    damaged: dict[int, str] = field(default_factory=dict)
    lines_before: Int64Array | None = None  # of the block, before each record; as many as records if `None`

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lines(self) -> int:
        return self.data.count(b"\n") + (not self.data.endswith(b"\n"))

    def raw(self, record: int) -> bytes:
        """Return a record without its line end, cut off where it is longer than what is kept."""
        text = self.data[self.starts[record] : self.starts[record + 1]]
        return text.removesuffix(b"\n").removesuffix(b"\r")[: MAX_LINE_BYTES + 1]

    def line(self, record: int) -> int:
        """Return the line of the file at which a record begins, from 0."""
        return self.first_line + (record if self.lines_before is None else int(self.lines_before[record]))

    def sound(self) -> bytes:
        """Return the data without its damaged records."""
        if not self.damaged:
            return self.data
        ends = [0, *(int(self.starts[one + 1]) for one in sorted(self.damaged))]
        begins = [*(int(self.starts[one]) for one in sorted(self.damaged)), len(self.data)]
        return b"".join(self.data[end:begin] for end, begin in zip(ends, begins, strict=True))


def read_blocks(
    stream: TextStream, dialect: Dialect, width: int, progress: Callable[[int], object]
) -> Iterator[Block]:
    """Yield a table with `width` columns block by block in bounded memory; `progress` is told of bytes."""
    rest, line, ended = b"", 0, False
    while not ended:
        read = stream.read(BLOCK_BYTES)
        progress(len(read))
        ended = not read
        data, rest = rest + read, b""
        if not ended and b"\n" not in data:
            if len(data) <= MAX_LINE_BYTES:
                rest = data
                continue
            data, rest = _past_endless_line(data, stream, progress)
        elif not ended:
            cut = data.rindex(b"\n") + 1
            data, rest = data[:cut], data[cut:]
        if data:
            block, unfinished = _block(data, dialect, width, line, ended)
            rest = unfinished + rest
            line += block.lines if len(block) else 0
            yield block


def block_of(raws: Sequence[bytes], dialect: Dialect) -> Block:
    """Return records that were found before as a block, each of these bytes one; where they stood is lost."""
    data = b"".join(raw + b"\n" for raw in raws)
    starts = np.cumsum([0, *(len(raw) + 1 for raw in raws)], dtype=np.int64)
    damaged: dict[int, str] = {}
    for record, raw in enumerate(raws):
        if len(raw) > MAX_LINE_BYTES:
            damaged[record] = Reason.TOO_LONG
        elif dialect.quoted and b'"' in raw and not _width(raw, dialect):
            damaged[record] = Reason.FIELDS
    return Block(data, starts, 0, damaged)


def _past_endless_line(
    data: bytes, stream: TextStream, progress: Callable[[int], object]
) -> tuple[bytes, bytes]:
    """Return the beginning of a line that is longer than a block, and what follows it."""
    begin = data[: MAX_LINE_BYTES + 2]
    while read := stream.read(BLOCK_BYTES):
        progress(len(read))
        _, feed, rest = read.partition(b"\n")
        if feed:
            return begin + b"\n", rest
    return begin, b""


def _block(data: bytes, dialect: Dialect, width: int, first_line: int, ended: bool) -> tuple[Block, bytes]:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED).astype(np.int64) + 1
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate((np.zeros(1, np.int64), ends))
    damaged: dict[int, str] = {}
    if dialect.quoted and b'"' in data:
        joined, torn, whole = _with_quotes(data, starts, dialect, width, ended)
        starts, rest = starts[: whole + 1], data[starts[whole] :]
        begins = np.flatnonzero(~joined[: whole + 1])
        number = np.cumsum(~joined) - 1
        damaged = {int(number[line]): Reason.FIELDS for line in torn}
        return Block(data[: starts[-1]], starts[begins], first_line, damaged, begins), rest
    for record in np.flatnonzero(np.diff(starts) > MAX_LINE_BYTES + 2).tolist():
        damaged[record] = Reason.TOO_LONG
    return Block(data, starts, first_line, damaged), b""


def _with_quotes(
    data: bytes, starts: Int64Array, dialect: Dialect, width: int, ended: bool
) -> tuple[BoolArray, list[int], int]:
    """Return which lines go on a record, which are torn, and how many make whole records.

    What is left may go on in the next block.
    """
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)
    odd = np.diff(np.searchsorted(quotes, starts)) % 2
    joined = np.zeros(len(starts), np.bool_)
    torn: list[int] = []
    done = 0
    for line in np.flatnonzero(odd).tolist():
        if line < done:
            continue
        end = _end_of_record(data, starts, odd, line, dialect, width)
        if end is None and not ended and len(data) - starts[line] <= MAX_LINE_BYTES:
            return joined, torn, line
        if end:
            joined[line + 1 : end] = True
            done = end
        else:
            torn.append(line)
    return joined, torn, len(odd)


def _end_of_record(
    data: bytes, starts: Int64Array, odd: Int64Array, line: int, dialect: Dialect, width: int
) -> int | None:
    """Return the line after the record that begins at this line; 0 if none does, `None` if it goes on."""
    if _width(data[starts[line] : starts[line + 1]], dialect):
        return line + 1  # a quote in the middle of a field is a quote
    for last in range(line + 1, len(odd)):
        if starts[last + 1] - starts[line] > MAX_LINE_BYTES:
            return 0
        if odd[last]:
            whole = _width(data[starts[line] : starts[last + 1]], dialect) == width
            return last + 1 if whole else 0
        # Text that goes over lines hardly ever divides into a row: the quote was never closed.
        if _width(data[starts[last] : starts[last + 1]], dialect) == width:
            return 0
    return None


def _width(record: bytes, dialect: Dialect) -> int:
    """Return the number of fields, 0 for what is no record."""
    try:
        return len(dialect.split(record.decode("latin-1")))
    except csv.Error:
        return 0
