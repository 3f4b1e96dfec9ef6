"""The tables of feedback: their columns, and which period one file of each covers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from auto_deployment.feedback.edge_rows import TEXTS
from auto_deployment.feedback.files import TIME

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeedbackTable:
    """A table in files, one for each period that has rows."""

    name: str
    period: timedelta
    schema: pa.Schema

    def begin_of(self, time: datetime) -> datetime:
        """Return the beginning of the period, in UTC, that a time lies in."""
        day = time.replace(hour=0, minute=0, second=0, microsecond=0)
        return day + (time - day) // self.period * self.period


IMPRESSIONS = FeedbackTable(
    "impressions",
    HOUR,
    pa.schema(
        [
            pa.field("request_id", pa.string()),
            pa.field(
                "time", TIME
            ),  # as the stream says; all other times but `edge_time` are on its clock, too
            pa.field("edge_time", TIME),  # when NGINX had answered, on the host's clock
            pa.field("user_id", pa.int64()),
            *(pa.field(name, pa.string()) for name in TEXTS),
            pa.field("movies", pa.list_(pa.string())),  # best first; empty where none was given
            pa.field("status", pa.int16()),  # of NGINX's answer
            pa.field("stream_status", pa.int16()),  # what the platform met: 0 where it waited no longer
            pa.field("duration_ms", pa.float32()),  # in NGINX
            pa.field("latency_ms", pa.int32()),  # for the platform
            pa.field(
                "codes", pa.list_(pa.int64())
            ),  # of the movies: `codes.py`; what watches are looked up in
        ]
    ),
)
OUTCOMES = FeedbackTable(
    "outcomes",
    DAY,
    pa.schema(
        [
            pa.field("request_id", pa.string()),  # of the impression that the watch counts for
            pa.field("shown_at", TIME),
            pa.field("user_id", pa.int64()),
            pa.field("movie_id", pa.string()),
            pa.field("place", pa.int32()),  # in the list, from 1
            pa.field("watched_at", TIME),  # the first minute; decides in which day's file it stands
            pa.field("minutes", pa.int32()),
            pa.field("share_watched", pa.float64()),  # null where the catalogue knows no runtime
            pa.field("rating", pa.float64()),  # the last one, on 1-5
            pa.field("rated_at", TIME),
        ]
    ),
)
TITLES = FeedbackTable(
    "titles",
    DAY,
    pa.schema(
        [
            pa.field("day", pa.date32()),
            pa.field("movie_id", pa.string()),
            pa.field("watches", pa.int64()),  # that began that day, from a list or not
        ]
    ),
)
TABLES = (IMPRESSIONS, OUTCOMES, TITLES)
