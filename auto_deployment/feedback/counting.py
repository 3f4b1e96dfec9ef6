"""The rows of segments that count, for questions in SQL: as `dataset.tables` gives them to other readers."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from auto_deployment.dataset.corrections.applied import Corrections
from auto_deployment.dataset.corrections.names import number_of
from auto_deployment.dataset.segments import Segment
from auto_deployment.feedback.engine import parquet
from auto_deployment.feedback.files import TIME

COUNTING = """(
    SELECT held.* FROM {files} AS held LEFT JOIN numbers ON numbers.filename = held.filename
    WHERE NOT EXISTS (
        SELECT 1 FROM forgotten WHERE forgotten.user_id = held.user_id AND held.time <= forgotten.until
    ) AND NOT EXISTS (
        SELECT 1 FROM removals
        WHERE removals.kind = held.kind AND removals.user_id = held.user_id
            AND removals.movie_id = held.movie_id AND removals.number > coalesce(numbers.number, 0)
            AND removals.first <= held.time AND coalesce(held.last_time, held.time) <= removals.last
    )
)"""


def counting(
    connection: duckdb.DuckDBPyConnection, segments: Sequence[Segment], corrections: Corrections
) -> str:
    """Return the SQL that reads what counts of segments, with a column `filename`."""
    files = parquet([segment.path for segment in segments], names=True)
    if not corrections:
        return files
    connection.register("numbers", _numbers(segments))
    connection.register("forgotten", _forgotten(corrections))
    connection.register("removals", _removals(corrections))
    return COUNTING.format(files=files)


def _numbers(segments: Sequence[Segment]) -> pa.Table:
    rows = [(str(one.path), number) for one in segments if (number := number_of(one.meta))]
    return _table({"filename": pa.string(), "number": pa.int64()}, rows)


def _forgotten(corrections: Corrections) -> pa.Table:
    rows = [(user_id, wish.until_us) for user_id, wish in corrections.forgotten.items()]
    return _table({"user_id": pa.int64(), "until": TIME}, rows)


def _removals(corrections: Corrections) -> pa.Table:
    rows = [
        (kind, user_id, movie_id, one.first_us, one.last_us, one.number)
        for kind, user_id, movie_id, one in corrections.removals()
    ]
    kinds = {"kind": pa.string(), "user_id": pa.int64(), "movie_id": pa.string()}
    return _table(kinds | {"first": TIME, "last": TIME, "number": pa.int64()}, rows)


def _table(columns: dict[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    arrays = [pa.array([row[place] for row in rows], of) for place, of in enumerate(columns.values())]
    return pa.table(arrays, list(columns))
