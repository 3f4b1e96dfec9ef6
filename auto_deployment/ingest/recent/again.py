"""What the newest segments hold is told again at a start: some of it may not have been told by who ended."""

from collections.abc import Iterator, Sequence

import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.segments import Segment
from auto_deployment.dataset.tables import is_kind
from auto_deployment.ingest.recovery import STREAM_KINDS

COLUMNS = ("kind", "user_id", "movie_id", "time", "last_time", "rating", "minutes")
ROWS = 100_000  # as many as wait to be told


def newest_of(segments: Sequence[Segment], rows: int = ROWS) -> list[Segment]:
    """Return the segments of streams with the newest events, as many as have so many rows, oldest first.

    One alone may be too little: while Redis is away segments are written whose events wait to be told.
    """
    of_streams = [one for one in segments if one.meta.source["kind"] in STREAM_KINDS and one.meta.last_time]
    found: list[Segment] = []
    for segment in sorted(of_streams, key=lambda one: (one.meta.last_time, one.path.name), reverse=True):
        if sum(one.rows for one in found) >= rows:
            break
        found.insert(0, segment)
    return found


def events_of(segment: Segment) -> Iterator[Watch | Rating]:
    """Yield the ratings, and of each watch its last minute."""
    table = pq.read_table(segment.path, columns=list(COLUMNS))
    for row in table.filter(is_kind(table, "watch")).to_pylist():
        last = row["minutes"][-1] if row["minutes"] else 0
        yield Watch(row["last_time"], row["user_id"], row["movie_id"], last)
    rated = table.filter(pc.and_(is_kind(table, "rating"), pc.is_valid(table["rating"])))
    for row in rated.to_pylist():
        yield Rating(row["time"], row["user_id"], row["movie_id"], row["rating"])
