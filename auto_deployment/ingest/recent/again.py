"""What the newest segment holds is told again at a start: some of it may not have been told by who ended."""

from collections.abc import Iterator, Sequence

import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.segments import Segment
from auto_deployment.dataset.tables import is_kind
from auto_deployment.ingest.recovery import STREAM_KINDS

COLUMNS = ("kind", "user_id", "movie_id", "time", "last_time", "rating", "minutes")


def newest_of(segments: Sequence[Segment]) -> Segment | None:
    """Return the segment of a stream whose events are the newest."""
    of_streams = [one for one in segments if one.meta.source["kind"] in STREAM_KINDS and one.meta.last_time]
    return max(of_streams, key=lambda one: (one.meta.last_time, one.path.name), default=None)


def events_of(segment: Segment) -> Iterator[Watch | Rating]:
    """Yield the ratings, and of each watch its last minute."""
    table = pq.read_table(segment.path, columns=list(COLUMNS))
    for row in table.filter(is_kind(table, "watch")).to_pylist():
        last = row["minutes"][-1] if row["minutes"] else 0
        yield Watch(row["last_time"], row["user_id"], row["movie_id"], last)
    rated = table.filter(pc.and_(is_kind(table, "rating"), pc.is_valid(table["rating"])))
    for row in rated.to_pylist():
        yield Rating(row["time"], row["user_id"], row["movie_id"], row["rating"])
