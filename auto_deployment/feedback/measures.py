"""Whether recommendations were any good, by groups of lists and users, with intervals over users."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from auto_deployment.dataset.catalog import AGE_BANDS, UNKNOWN, age_bands
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.params import ReportParams
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.statistics.bootstrap import Bootstrap, Estimate, Resampled

BUCKETS = (
    1000  # groups of users that the intervals are drawn from: so their cost does not grow with the users
)
GROUPS = ("all", "release", "track", "source", "gender", "age")

UNITS = 1_000_000_000  # in a whole: sums of integers are the same in any order, to the last digit

# Lists that were shown in the time, to whom, whether the list is the one before, and what came of it.
SHOWN = """
    CREATE TEMP TABLE shown AS
    WITH listed AS (
        SELECT request_id, impressions.user_id, release, track, source, hash(movies) AS list,
            coalesce(gender, $unknown) AS gender, coalesce(age, $unknown) AS age,
            lag(hash(movies)) OVER (PARTITION BY impressions.user_id ORDER BY time, request_id) AS before
        FROM impressions LEFT JOIN people USING (user_id)
        WHERE time >= $since AND ($until IS NULL OR time <= $until) AND len(movies) > 0
    ), watched AS (
        SELECT request_id, (1e9 / arg_min(place, (watched_at, place)))::BIGINT AS reciprocal_rank,
            sum((1e9 * share_watched)::BIGINT) AS share, count(share_watched) AS shares,
            sum((1e9 * rating)::BIGINT) AS rating, count(rating) AS ratings, count(*) AS watches
        FROM outcomes WHERE shown_at >= $since GROUP BY request_id
    )
    SELECT * EXCLUDE (request_id) FROM listed LEFT JOIN watched USING (request_id)
    WHERE $release IS NULL OR release = $release
"""
SUMS = """
    WITH people_of AS (
        SELECT {group} AS value, user_id, count(*) AS impressions, count(watches) AS hits,
            max(CASE WHEN watches IS NULL THEN 0 ELSE 1 END) AS hit_users,
            coalesce(sum(watches), 0) AS watches, coalesce(sum(reciprocal_rank), 0) AS reciprocal_ranks,
            coalesce(sum(share), 0) AS share, coalesce(sum(shares), 0) AS shares,
            coalesce(sum(rating), 0) AS rating, coalesce(sum(ratings), 0) AS ratings,
            count(before) AS with_before, count(*) FILTER (before = list) AS repeats
        FROM shown GROUP BY value, user_id
    )
    SELECT value, user_id % $buckets AS bucket, count(*) AS people, {sums}
    FROM people_of GROUP BY ALL ORDER BY value, bucket
"""
COLUMNS = (
    "impressions", "hits", "hit_users", "watches", "reciprocal_ranks", "share", "shares", "rating", "ratings",
    "with_before", "repeats",
)  # fmt: skip
IN_UNITS = ("reciprocal_ranks", "share", "rating")
# How often each title was shown, once for all ways of grouping: this is most of the work.
COUNTED = """
    CREATE TEMP TABLE counted AS
    SELECT release, track, source, gender, age, movie_id, count(*) AS times FROM (
        SELECT release, track, source, coalesce(gender, $unknown) AS gender, coalesce(age, $unknown) AS age,
            unnest(movies) AS movie_id
        FROM impressions LEFT JOIN people USING (user_id)
        WHERE time >= $since AND ($until IS NULL OR time <= $until)
            AND ($release IS NULL OR release = $release)
    ) GROUP BY ALL
"""
TITLES = """
    WITH of_group AS (
        SELECT {group} AS value, movie_id, sum(times) AS times FROM counted GROUP BY ALL
    ), ranked AS (
        SELECT movie_id, cume_dist() OVER (ORDER BY sum(watches)) AS popularity
        FROM titles WHERE day >= $since::DATE AND ($until IS NULL OR day <= $until::DATE) GROUP BY movie_id
    )
    SELECT value, count(known.movie_id) AS titles, count(*) - count(known.movie_id) AS titles_unknown,
        sum(times * coalesce((1e9 * popularity)::BIGINT, 0))::DOUBLE / (1e9 * sum(times)) AS popularity
    FROM of_group LEFT JOIN ranked USING (movie_id) LEFT JOIN known USING (movie_id)
    GROUP BY value
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One group of impressions: how many, and what came of them. Estimates have value, low and high."""

    by: str
    value: str
    impressions: int
    users: int
    watches: int
    estimates: Mapping[str, Estimate]
    coverage: float | None  # share of the catalogue's titles that anybody was shown
    titles_unknown: int  # shown, and not in the catalogue
    popularity: float | None  # of titles shown: how much of all that is watched is watched no more than it


@dataclass(frozen=True, slots=True)
class Question:
    """Which impressions: from when until when, both included, and of which release; None: of all."""

    since: datetime
    release: str | None = None
    until: datetime | None = None


def measure(
    engine: Engine,
    store: FeedbackStore,
    question: Question,
    users: pd.DataFrame,
    movies: Iterable[str],
    params: ReportParams,
    groups: Sequence[str] = GROUPS,
) -> list[Measured]:
    """Measure these groups; `users` is the catalogue's table, `movies` its titles."""
    known = pa.table({"movie_id": pa.array(sorted(movies), pa.string())})
    bootstrap = Bootstrap(params.bootstrap_samples, params.interval_level, params.seed)
    measured = []
    with engine.connection() as connection:
        store.show(connection, question.since)
        connection.register("people", people(users))
        connection.register("known", known)
        _prepare(connection, question)
        for group in groups:
            found, titles = _sums(connection, group), _titles(connection, group, question)
            parts = {str(value): rows for value, rows in found.groupby("value")}
            for value in sorted(parts, key=_rank):
                rows = parts[value]
                measured.append(_measured(group, value, rows, titles[value], len(known), bootstrap))
    return measured


def _prepare(connection: duckdb.DuckDBPyConnection, question: Question) -> None:
    values = {"since": question.since, "until": question.until, "release": question.release}
    for sql in (SHOWN, COUNTED):
        connection.execute(sql, {**values, "unknown": UNKNOWN})


def _sums(connection: duckdb.DuckDBPyConnection, group: str) -> pd.DataFrame:
    sums = ", ".join(f"sum({name})::DOUBLE AS {name}" for name in COLUMNS)
    found = connection.sql(SUMS.format(group=_column(group), sums=sums), params={"buckets": BUCKETS})
    rows: pd.DataFrame = found.to_arrow_table().to_pandas()
    rows[list(IN_UNITS)] /= UNITS
    return rows


def _titles(
    connection: duckdb.DuckDBPyConnection, group: str, question: Question
) -> dict[str, Mapping[str, Any]]:
    found = connection.sql(
        TITLES.format(group=_column(group)), params={"since": question.since, "until": question.until}
    )
    return {row["value"]: row for row in found.to_arrow_table().to_pylist()}


def _column(group: str) -> str:
    return f"'{group}'" if group == "all" else group


def _rank(value: str) -> tuple[int, str]:
    """Sort ages by age, what is not known last, all else by alphabet."""
    order = (*AGE_BANDS, UNKNOWN)
    return (order.index(value) + 1 if value in order else 0), value


def people(users: pd.DataFrame) -> pa.Table:
    """Return user_id, gender and age band of the catalogue's users."""
    age = users["age"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    gender = users["gender"].astype("object").where(users["gender"].notna(), None)
    columns = {
        "user_id": pa.array(users["user_id"].to_numpy(), pa.int64()),
        "gender": pa.array(list(gender), pa.string()),
        "age": pa.array(list(age_bands(age)), pa.string()),
    }
    return pa.table(columns)


def _measured(
    by: str, value: str, rows: pd.DataFrame, titles: Mapping[str, Any], catalogue: int, bootstrap: Bootstrap
) -> Measured:
    names = ("people", *COLUMNS)
    resampled = Resampled({name: rows[name].to_numpy(np.float64) for name in names}, bootstrap)
    total = rows[list(names)].sum()
    estimates = {
        "hit_rate": resampled.ratio("hit_users", "people"),
        "mrr": resampled.ratio("reciprocal_ranks", "impressions"),
        "share_watched": resampled.ratio("share", "shares"),
        "rating": resampled.ratio("rating", "ratings"),
        "repeated": resampled.ratio("repeats", "with_before"),
    }
    return Measured(
        by,
        value,
        int(total["impressions"]),
        int(total["people"]),
        int(total["watches"]),
        estimates,
        titles["titles"] / catalogue if catalogue else None,
        titles["titles_unknown"],
        titles["popularity"],
    )
