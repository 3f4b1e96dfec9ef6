"""What the service told of an hour as impressions; it needs no line of a stream beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.feedback.codes import coded_lists
from auto_deployment.feedback.edge_rows import TEXTS, began_us
from auto_deployment.feedback.files import TIME, FeedbackError, read_facts
from auto_deployment.feedback.service.rows import SERVICE_SCHEMA
from auto_deployment.feedback.tables import IMPRESSIONS


def read_service(files: Sequence[Path], begin_us: int, end_us: int, told: pa.Array) -> pa.Table:
    """Return the impressions that began in a stretch of time, in order, but for requests that are told of.

    NGINX asks a second instance where the first is slow: then both tell, and the one that began later is the
    one that somebody got. Their clock is the host's: no stream is there to hold it against.
    """
    table = pa.concat_tables([SERVICE_SCHEMA.empty_table(), *map(_read, files)]).unify_dictionaries()
    table = table.append_column("began_us", pa.array(began_us(table)))
    began = table["began_us"]
    table = table.filter(pc.and_(pc.greater_equal(began, begin_us), pc.less(began, end_us)))
    table = table.filter(pc.invert(pc.is_in(table["request_id"], value_set=told)))
    table = _last_of_each(table)
    movies = table["movies"].combine_chunks()
    columns: dict[str, Any] = {
        "request_id": table["request_id"],
        "time": table["began_us"].cast(TIME),
        "edge_time": table["time"],
        "user_id": table["user_id"],
        "movies": movies,
        "codes": coded_lists(movies),
        "status": table["status"],
        "stream_status": table["status"],
        "duration_ms": table["duration_ms"],
        "latency_ms": pc.round(table["duration_ms"]),
        **{name: table[name].cast(pa.string()) for name in TEXTS},
    }
    rows = pa.table([columns[name] for name in IMPRESSIONS.schema.names], IMPRESSIONS.schema.names)
    return rows.cast(IMPRESSIONS.schema)


def _last_of_each(table: pa.Table) -> pa.Table:
    """Keep the row of each request that began last, in order of time."""
    order = [("began_us", "ascending"), ("request_id", "ascending"), ("time", "ascending")]
    table = table.sort_by(order)
    places = pa.table({"request_id": table["request_id"], "place": pa.array(range(len(table)), pa.int64())})
    last = places.group_by("request_id").aggregate([("place", "max")])["place_max"]
    return table.take(last).sort_by([("began_us", "ascending"), ("request_id", "ascending")])


def _read(path: Path) -> pa.Table:
    read_facts(path)
    try:
        return pq.read_table(path, page_checksum_verification=True).cast(SERVICE_SCHEMA)
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise FeedbackError(f"{path} is damaged ({reason}): restore it or move it away.") from error
