"""Rows of Arrow as the text that PostgreSQL's COPY takes, and back, without an object for each value."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from auto_deployment.feedback.codes import codes_of
from auto_deployment.feedback.tables import FeedbackTable

BATCH_ROWS = 20_000
BETWEEN = ","  # two titles of a list on their way back: no id holds a comma
CODES, MOVIES = "codes", "movies"  # the first are made of the second, and not kept


def columns_of(table: FeedbackTable) -> list[str]:
    """Return the columns that PostgreSQL keeps."""
    return [name for name in table.schema.names if name != CODES]


def copy_in(connection: psycopg.Connection[Any], table: FeedbackTable, rows: pa.Table) -> None:
    """Add rows to a table."""
    columns = columns_of(table)
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for text in _texts(rows.select(columns)):
            copy.write(text)


def copy_out(
    connection: psycopg.Connection[Any], table: FeedbackTable, where: str, values: Sequence[Any]
) -> pa.Table:
    """Return the rows that a condition holds of."""
    listed = f"array_to_string({MOVIES}, '{BETWEEN}')"
    columns = columns_of(table)
    shown = ", ".join(listed if name == MOVIES else name for name in columns)
    text = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {shown} FROM {table.name} WHERE {where}) TO STDOUT (FORMAT csv)", values)
        as copy,
    ):  # fmt: skip
        for part in copy:
            text.write(part)
    if not text.tell():
        return table.schema.empty_table()
    text.seek(0)
    return _read(text, table, columns)


def _texts(rows: pa.Table) -> Iterator[bytes]:
    for begin in range(0, len(rows), BATCH_ROWS):
        part = rows.slice(begin, BATCH_ROWS).combine_chunks()
        if MOVIES in part.column_names:
            place = part.column_names.index(MOVIES)
            part = part.set_column(place, MOVIES, _arrays(part[MOVIES].combine_chunks()))
        buffer = io.BytesIO()
        csv.write_csv(part, buffer, csv.WriteOptions(include_header=False))
        yield buffer.getvalue()


def _arrays(lists: pa.ListArray) -> pa.Array:
    """Write lists as PostgreSQL's arrays; few titles are different ones, so each is quoted once."""
    coded = lists.flatten().dictionary_encode()
    quoted = pa.array([_quoted(title) for title in coded.dictionary.to_pylist()], pa.string())
    joined = pc.binary_join(_like(lists, quoted.take(coded.indices)), ",")
    return pc.binary_join_element_wise("{", joined, "}", "")


def _quoted(title: str) -> str:
    inner = title.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _read(text: io.BytesIO, table: FeedbackTable, columns: Sequence[str]) -> pa.Table:
    kinds = {name: table.schema.field(name).type for name in columns}
    if MOVIES in kinds:
        kinds[MOVIES] = pa.string()
    how = csv.ConvertOptions(
        column_types=kinds, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    found = csv.read_csv(
        text,
        csv.ReadOptions(column_names=list(columns), use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        how,
    )
    if MOVIES not in kinds:
        return found.cast(table.schema)
    movies = _lists(found[MOVIES].combine_chunks())
    arrays = {name: found[name] for name in columns} | {MOVIES: movies, CODES: _codes(movies)}
    return pa.table([arrays[name] for name in table.schema.names], table.schema.names).cast(table.schema)


def _lists(texts: pa.Array) -> pa.ListArray:
    nothing = pa.scalar([], pa.list_(pa.string()))
    return pc.if_else(pc.equal(texts, ""), nothing, pc.split_pattern(texts, BETWEEN))


def _codes(movies: pa.ListArray) -> pa.ListArray:
    coded = movies.flatten().dictionary_encode()
    codes = codes_of(coded.dictionary.to_pylist())[coded.indices.to_numpy()]
    return _like(movies, pa.array(codes))


def _like(lists: pa.ListArray, values: pa.Array) -> pa.ListArray:
    """Return lists of the same lengths with other values."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    return pa.ListArray.from_arrays(ends, values, mask=lists.is_null())
