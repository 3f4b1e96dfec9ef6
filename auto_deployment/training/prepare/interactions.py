"""Events to interactions: one row for each (user, movie), whatever was rated, watched, or both."""

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Int64Array, rising
from auto_deployment.training.params import PrepareParams


def make_interactions(
    ratings: pd.DataFrame, watches: pd.DataFrame, movies: pd.DataFrame, params: PrepareParams
) -> pd.DataFrame:
    """Merge ratings and watches: the latest rating of each (user, movie) and the fraction watched.

    Takes the frames of `ingest.reading` and `ingest.catalog`. Returns user_id int64, movie_id category, time
    (the pair's latest event), rating float32 (1-5, NaN without) and watched float32 (0-1, NaN without),
    sorted by user, time and movie.
    """
    users = rising(np.concatenate([ratings["user_id"].to_numpy(), watches["user_id"].to_numpy()]))
    ids = sorted({*ratings["movie_id"].unique(), *watches["movie_id"].unique()})
    rated, watched = _pairs(ratings, users, ids), _pairs(watches, users, ids)
    rated_us, watched_us = microseconds(ratings["time"]), microseconds(watches["last_time"])
    latest = _latest(rated, rated_us)
    pairs = rising(np.concatenate([rated[latest], watched]))
    at_rating, at_watch = np.searchsorted(pairs, rated[latest]), np.searchsorted(pairs, watched)
    time_us = np.full(len(pairs), np.iinfo(np.int64).min)
    time_us[at_rating] = rated_us[latest]
    time_us[at_watch] = np.maximum(time_us[at_watch], watched_us)
    rating, fraction = np.full((2, len(pairs)), np.nan, dtype=np.float32)
    rating[at_rating] = ratings["rating"].to_numpy()[latest]
    fraction[at_watch] = _watched_fraction(watches, movies, params)
    user, movie = np.divmod(pairs, max(len(ids), 1))
    order = np.lexsort((time_us, user))  # of equal times the movies stay in order: pairs rise
    return pd.DataFrame(
        {
            "user_id": users[user[order]],
            "movie_id": pd.Categorical.from_codes(movie[order], pd.Index(ids, dtype="str")),
            "time": pd.DatetimeIndex(time_us[order].view("datetime64[us]")).tz_localize("UTC"),
            "rating": rating[order],
            "watched": fraction[order],
        }
    )


def is_relevant(interactions: pd.DataFrame, params: PrepareParams) -> pd.Series:
    """Tell which interactions show that the user would have liked the recommendation."""
    liked = is_liked(interactions["rating"].to_numpy(), interactions["watched"].to_numpy(), params)
    return pd.Series(liked, index=interactions.index)


def is_liked(rating: Float32Array, watched: Float32Array, params: PrepareParams) -> BoolArray:
    """Tell the same of columns."""
    liked: BoolArray = (rating >= params.relevant_rating) | (watched >= params.relevant_watched)
    return liked


def microseconds(times: pd.Series) -> Int64Array:
    """Return times with a zone as microseconds since 1970 in UTC."""
    naive = times.dt.tz_convert("UTC").dt.tz_localize(None)
    values: Int64Array = naive.to_numpy().astype("datetime64[us]").view(np.int64)
    return values


def _watched_fraction(watches: pd.DataFrame, movies: pd.DataFrame, params: PrepareParams) -> Float32Array:
    minutes = watches["minutes_watched"].to_numpy().astype(np.float64)
    longest = watches.groupby("movie_id", observed=True)["minutes_watched"].transform("max").to_numpy()
    known = movies.set_index("movie_id")["runtime_min"].astype("Float64")
    runtime = known.reindex(watches["movie_id"].astype("str")).to_numpy(dtype=np.float64, na_value=np.nan)
    runtime = np.where(runtime > 0, runtime, np.maximum(longest, params.assumed_runtime_min))
    return np.minimum(minutes / np.minimum(runtime, params.full_watch_max_min), 1.0).astype(np.float32)


def _pairs(events: pd.DataFrame, users: Int64Array, ids: list[str]) -> Int64Array:
    """Return one number for each row's (user, movie)."""
    user = np.searchsorted(users, events["user_id"].to_numpy())
    movie = pd.Categorical(events["movie_id"], categories=ids).codes.astype(np.int64)
    return user.astype(np.int64) * len(ids) + movie


def _latest(pairs: Int64Array, time_us: Int64Array) -> Int64Array:
    """Return the row of the last event of each pair, in order of the pairs; of equal times the last row."""
    order = np.lexsort((time_us, pairs))
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = pairs[order[1:]] != pairs[order[:-1]]
    return order[last]
