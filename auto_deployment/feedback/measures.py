"""Whether recommendations were any good, by groups of lists and users, with intervals over users."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from auto_deployment.dataset.catalog import AGE_BANDS, UNKNOWN, age_bands
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.params import ReportParams
from auto_deployment.feedback.questions import ask
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.statistics.bootstrap import Bootstrap, Estimate, Resampled

BUCKETS = (
    1000  # groups of users that the intervals are drawn from: so their cost does not grow with the users
)
GROUPS = ("all", "release", "track", "source", "gender", "age")

# Lists that were shown in the time, who saw them, and whether it was the list that the user had seen before.
SHOWN = """
    WITH listed AS (
        SELECT request_id, impressions.user_id, time, release, track, source, movies,
            coalesce(gender, $unknown) AS gender, coalesce(age, $unknown) AS age,
            lag(hash(movies)) OVER (PARTITION BY impressions.user_id ORDER BY time, request_id) AS before
        FROM impressions LEFT JOIN people USING (user_id)
        WHERE time >= $since AND len(movies) > 0
    ), shown AS (SELECT *, {group} AS value FROM listed WHERE $release IS NULL OR release = $release)
"""
SUMS = (
    SHOWN
    + """
    , watched AS (
        SELECT request_id, 1.0 / arg_min(place, (watched_at, place)) AS reciprocal_rank,
            sum(share_watched) AS share, count(share_watched) AS shares,
            sum(rating) AS rating, count(rating) AS ratings, count(*) AS watches
        FROM outcomes WHERE shown_at >= $since GROUP BY request_id
    ), people_of AS (
        SELECT value, user_id, count(*) AS impressions, count(watches) AS hits,
            max(CASE WHEN watches IS NULL THEN 0 ELSE 1 END) AS hit_users,
            coalesce(sum(watches), 0) AS watches, coalesce(sum(reciprocal_rank), 0) AS reciprocal_ranks,
            coalesce(sum(share), 0) AS share, coalesce(sum(shares), 0) AS shares,
            coalesce(sum(rating), 0) AS rating, coalesce(sum(ratings), 0) AS ratings,
            count(before) AS with_before, count(*) FILTER (before = hash(movies)) AS repeats
        FROM shown LEFT JOIN watched USING (request_id) GROUP BY value, user_id
    )
    SELECT value, user_id % $buckets AS bucket, count(*) AS people, {sums}
    FROM people_of GROUP BY ALL ORDER BY value, bucket
"""
)
COLUMNS = (
    "impressions", "hits", "hit_users", "watches", "reciprocal_ranks", "share", "shares", "rating", "ratings",
    "with_before", "repeats",
)  # fmt: skip
TITLES = (
    SHOWN
    + """
    , counted AS (
        SELECT value, movie_id, count(*) AS times
        FROM (SELECT value, unnest(movies) AS movie_id FROM shown) GROUP BY ALL
    ), ranked AS (
        SELECT movie_id, cume_dist() OVER (ORDER BY sum(watches)) AS popularity
        FROM titles WHERE day >= $since::DATE GROUP BY movie_id
    )
    SELECT value, count(known.movie_id) AS titles, count(*) - count(known.movie_id) AS titles_unknown,
        sum(times * coalesce(popularity, 0)) / sum(times) AS popularity
    FROM counted LEFT JOIN ranked USING (movie_id) LEFT JOIN known USING (movie_id)
    GROUP BY value
"""
)


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
    """Which impressions: since when, and of which release, None: of all."""

    since: datetime
    release: str | None = None


def measure(
    engine: Engine,
    store: FeedbackStore,
    question: Question,
    users: pd.DataFrame,
    movies: Iterable[str],
    params: ReportParams,
) -> list[Measured]:
    """Measure all groups; `users` is the catalogue's table, `movies` its titles."""
    catalogue = pa.array(sorted(movies), pa.string())
    given = {"people": people(users), "known": pa.table({"movie_id": catalogue})}
    values = {"since": question.since, "release": question.release, "unknown": UNKNOWN}
    bootstrap = Bootstrap(params.bootstrap_samples, params.interval_level, params.seed)
    sums = ", ".join(f"sum({name})::DOUBLE AS {name}" for name in COLUMNS)
    measured = []
    for group in GROUPS:
        column = f"'{group}'" if group == "all" else group
        found = ask(
            engine, store, SUMS.format(group=column, sums=sums), {**values, "buckets": BUCKETS},
            question.since, given,
        ).to_pandas()  # fmt: skip
        shown = ask(engine, store, TITLES.format(group=column), values, question.since, given).to_pylist()
        titles = {row["value"]: row for row in shown}
        for value, rows in sorted(found.groupby("value"), key=lambda one: _rank(str(one[0]))):
            measured.append(_measured(group, str(value), rows, titles[value], len(catalogue), bootstrap))
    return measured


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
