"""What came of a day's lists: which watches and ratings they get the credit for. SQL, in DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import pyarrow as pa

from auto_deployment.dataset.corrections.applied import NO_CORRECTIONS, Corrections
from auto_deployment.dataset.segments import Segment
from auto_deployment.feedback.codes import codes_of
from auto_deployment.feedback.counting import counting
from auto_deployment.feedback.files import moment
from auto_deployment.feedback.params import JoinParams
from auto_deployment.feedback.sources import Span

HOUR_US = 3_600_000_000
WATCH_CLOCK = timedelta(seconds=1)  # watches are told by the second, lists by the microsecond

# The first minute of a title in the day, unless its user has watched it within the limit before the day.
STARTS = """
    CREATE TEMP TABLE starts AS
    SELECT user_id, movie_id, first AS watched_at FROM (
        SELECT user_id, movie_id, min(time) FILTER (time >= $begin) AS first,
            max(last_time) FILTER (time < $begin) AS before
        FROM {files}
        WHERE kind = 'watch' AND time < $end AND last_time >= $begin - $watch_within
        GROUP BY ALL
    )
    WHERE first IS NOT NULL AND (before IS NULL OR first - before > $watch_within)
"""
BEGUN = "SELECT DISTINCT movie_id FROM starts"
# A table of its own: DuckDB would carry all lists through a join with the titles' numbers.
CODED = "CREATE TEMP TABLE coded AS FROM starts JOIN known USING (movie_id)"
# Each counts for the newest impression with its title.
CREDIT = """
    CREATE TEMP TABLE credited AS
    SELECT user_id, movie_id, watched_at, arg_max(
        {{'request_id': request_id, 'time': time, 'place': place}}, (time, request_id)
    ) AS shown
    FROM (
        SELECT user_id, movie_id, watched_at, request_id, time, array_position(codes, code) AS place
        FROM {impressions} AS impressions JOIN coded USING (user_id)
        WHERE time <= watched_at + $clock AND time >= watched_at - $watch_within
    )
    WHERE place IS NOT NULL
    GROUP BY user_id, movie_id, watched_at
"""
# Segments tell of the same minute more than once where the stream did: count the union of their ranges.
MINUTES = """
    CREATE TEMP TABLE watched AS
    WITH ranges AS (
        SELECT user_id, movie_id, watched_at,
            minutes[2 * place + 1] AS first_minute, minutes[2 * place + 2] AS last_minute
        FROM (
            SELECT credited.user_id, credited.movie_id, watched_at, minutes,
                unnest(range(len(minutes) // 2)) AS place
            FROM {files} AS rows JOIN credited USING (user_id, movie_id)
            WHERE kind = 'watch' AND rows.time >= watched_at AND rows.time <= watched_at + $watch_within
        )
    ), reached AS (
        SELECT *, coalesce(max(last_minute) OVER (
            PARTITION BY user_id, movie_id, watched_at ORDER BY first_minute, last_minute
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), -1) AS reach FROM ranges
    )
    SELECT user_id, movie_id, watched_at,
        sum(greatest(last_minute - greatest(first_minute, reach + 1) + 1, 0))::INTEGER AS minutes
    FROM reached GROUP BY ALL
"""
RATED = """
    CREATE TEMP TABLE rated AS
    SELECT user_id, movie_id, watched_at, max(time) AS rated_at,
        arg_max(1 + (rating - low) * 4 / (high - low), (time, rating)) AS rating
    FROM {files} AS rows JOIN scales USING (filename) JOIN credited USING (user_id, movie_id)
    WHERE kind = 'rating' AND time >= watched_at AND time <= watched_at + $rate_within
    GROUP BY ALL
"""
OUTCOMES = """
    SELECT shown.request_id AS request_id, shown.time AS shown_at, credited.user_id, credited.movie_id,
        shown.place AS place, credited.watched_at, minutes,
        CASE WHEN runtime_min > 0 THEN least(minutes / runtime_min, 1.0) END AS share_watched,
        rating, rated_at
    FROM credited
    LEFT JOIN watched USING (user_id, movie_id, watched_at)
    LEFT JOIN rated USING (user_id, movie_id, watched_at)
    LEFT JOIN movies USING (movie_id)
    ORDER BY watched_at, user_id, movie_id
"""
TITLES = """
    SELECT $begin::DATE AS day, movie_id, count(*) AS watches FROM starts GROUP BY movie_id ORDER BY movie_id
"""


@dataclass(frozen=True, slots=True)
class Credited:
    """A day's outcomes, and how often each title was begun that day, from a list or not."""

    outcomes: pa.Table
    titles: pa.Table


def watch_span(day: Span, params: JoinParams) -> Span:
    """Return which lines of the stream say something about a day's watches."""
    before_us = round(params.watch_within_h * HOUR_US)
    return day.wider(before_us, max(before_us, round(params.rate_within_h * HOUR_US)))


def credit(
    connection: duckdb.DuckDBPyConnection,
    impressions: str,
    segments: Sequence[Segment],
    movies: pa.Table,
    day: Span,
    params: JoinParams,
    corrections: Corrections = NO_CORRECTIONS,
) -> Credited:
    """Credit a day's watches to impressions, SQL that yields those of the day and of the time before it.

    `movies` has movie_id and runtime_min. The same files give the same rows.
    """
    begin, end = moment(day.begin_us), moment(day.end_us)
    watch_within, rate_within = (
        timedelta(hours=hours) for hours in (params.watch_within_h, params.rate_within_h)
    )
    connection.register("movies", movies)
    connection.register("scales", _scales(segments))
    files = counting(connection, segments, corrections)
    within = {"watch_within": watch_within}
    connection.execute(STARTS.format(files=files), {"begin": begin, "end": end, **within})
    begun = connection.sql(BEGUN).to_arrow_table()["movie_id"].to_pylist()
    connection.register("known", pa.table({"movie_id": begun, "code": codes_of(begun)}))
    connection.execute(CODED)
    connection.execute(CREDIT.format(impressions=impressions), {"clock": WATCH_CLOCK, **within})
    connection.execute(MINUTES.format(files=files), within)
    connection.execute(RATED.format(files=files), {"rate_within": rate_within})
    outcomes = connection.sql(OUTCOMES).to_arrow_table()
    return Credited(outcomes, connection.sql(TITLES, params={"begin": begin}).to_arrow_table())


def _scales(segments: Sequence[Segment]) -> pa.Table:
    scales = [segment.meta.rating_scale for segment in segments]
    columns = {
        "filename": pa.array([str(segment.path) for segment in segments], pa.string()),
        "low": pa.array([low for low, _ in scales], pa.float64()),
        "high": pa.array([high for _, high in scales], pa.float64()),
    }
    return pa.table(columns)
