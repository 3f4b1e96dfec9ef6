"""A block of records as columns of texts: by pyarrow's reader, or by `csv` where the two could disagree."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.records import Block


@dataclass(frozen=True, slots=True)
class Fields:
    """The wanted columns of those records that have all fields, and what is wrong with the others."""

    columns: Mapping[str, pa.Array]
    records: Int64Array  # the number of each row's record in the block
    damaged: Mapping[int, str]


def read_fields(block: Block, dialect: Dialect, width: int, places: Mapping[str, int]) -> Fields:
    """Read the columns at these places as texts."""
    read = _read_fast(block, dialect, width, places) if _is_utf8(block.data) else None
    return read or _read_slowly(block, dialect, width, places)


def _read_fast(block: Block, dialect: Dialect, width: int, places: Mapping[str, int]) -> Fields | None:
    """Read with pyarrow; `None` when it sees other records than `Block` does."""
    torn: list[int] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        torn.append(row.number - 1)
        return "skip"

    sound = np.arange(len(block), dtype=np.int64)
    if block.damaged:
        sound = np.delete(sound, list(block.damaged))
    if not len(sound):
        return Fields({name: pa.array([], pa.string()) for name in places}, sound, block.damaged)
    try:
        table = _parse(dialect.stand_in(block.sound()), dialect, width, set(map(str, places.values())), skip)
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(torn) != len(sound):
        return None
    records = np.delete(sound, torn)
    damaged = {**block.damaged, **{record: _why(block.raw(record)) for record in sound[torn].tolist()}}
    columns = {name: table[str(place)].combine_chunks() for name, place in places.items()}
    return Fields(columns, records, damaged)


def _parse(
    data: bytes, dialect: Dialect, width: int, wanted: set[str], skip: Callable[[pa.csv.InvalidRow], str]
) -> pa.Table:
    reading = pa.csv.ReadOptions(
        use_threads=False, block_size=len(data) + 1, column_names=list(map(str, range(width)))
    )
    parsing = pa.csv.ParseOptions(
        delimiter=dialect.byte,
        quote_char='"' if dialect.quoted else False,
        newlines_in_values=dialect.quoted and b'"' in data,
        ignore_empty_lines=False,
        invalid_row_handler=skip,
    )
    converting = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(wanted, pa.string()),
        include_columns=sorted(wanted),
        check_utf8=False,
        null_values=[],
    )
    return pa.csv.read_csv(pa.BufferReader(data), reading, parsing, converting)


def _read_slowly(block: Block, dialect: Dialect, width: int, places: Mapping[str, int]) -> Fields:
    damaged = dict(block.damaged)
    texts: dict[str, list[str]] = {name: [] for name in places}
    records = []
    for record in range(len(block)):
        if record in damaged:
            continue
        try:
            fields = dialect.split(decode(block.data[block.starts[record] : block.starts[record + 1]]))
        except csv.Error:
            fields = []
        if len(fields) != width:
            damaged[record] = _why(block.raw(record))
            continue
        records.append(record)
        for name, place in places.items():
            texts[name].append(fields[place])
    columns = {name: pa.array(column, pa.string()) for name, column in texts.items()}
    return Fields(columns, np.array(records, np.int64), damaged)


def decode(text: bytes) -> str:
    """Read text in UTF-8 or, as older sets are written, in Latin-1."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _why(record: bytes) -> str:
    return Reason.FIELDS if record.strip() else Reason.EMPTY
