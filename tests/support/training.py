"""Small data with tastes in it, and parameters that fit it in a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.segments import publish_segment, stage_segment
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.prepare.interactions import make_interactions
from tests.support.project import PROJECT

START = datetime(2026, 1, 1, tzinfo=UTC)
SHIPPED = load_params(PROJECT / "params.yaml").training

RatingRow = tuple[int, str, float, int]  # user, movie, rating, minutes after START
WatchRow = tuple[int, str, int, int]  # user, movie, minutes watched, minutes after START of the last one


def small_params(min_split_users: int = 500) -> TrainingParams:
    """Return the shipped parameters, fewer factors and draws aside."""
    train = SHIPPED.train
    return replace(
        SHIPPED,
        prepare=replace(SHIPPED.prepare, min_split_users=min_split_users),
        train=replace(
            train,
            svd=replace(train.svd, factors=4, epochs=10),
            bayesian=replace(train.bayesian, factors=2, passes_max=10),
            als=replace(train.als, factors=8, iterations=5, regularization=0.3, spectrum_rank=6),
            choose=replace(train.choose, cut_shares=(0.3,), newcomers=20),
            lists=replace(train.lists, length=20),
        ),
        evaluate=replace(SHIPPED.evaluate, bootstrap_samples=60),
    )


def ratings_frame(rows: Sequence[RatingRow] = ()) -> pd.DataFrame:
    """Return what `read_ratings` gives for these ratings."""
    users, movies, ratings, minutes = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "user_id": np.array(users, dtype=np.int64),
            "movie_id": pd.Categorical(movies),
            "rating": np.array(ratings, dtype=np.float32),
            "time": _times(minutes),
        }
    ).sort_values("time", kind="stable", ignore_index=True)


def watches_frame(rows: Sequence[WatchRow] = ()) -> pd.DataFrame:
    """Return what `read_watches` gives for these watches."""
    users, movies, watched, minutes = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "user_id": np.array(users, dtype=np.int64),
            "movie_id": pd.Categorical(movies),
            "first_time": _times(minutes),
            "last_time": _times(minutes),
            "minutes_watched": np.array(watched, dtype=np.int32),
        }
    )


def movies_frame(movie_ids: Iterable[str] = (), runtime_min: int | None = None) -> pd.DataFrame:
    """Return a catalogue: every movie is a comedy, every second one also a drama."""
    ids = list(movie_ids)
    return pd.DataFrame(
        {
            "movie_id": pd.Series(ids, dtype="str"),
            "title": pd.Series([movie.title() for movie in ids], dtype="str"),
            "genres": [["Comedy", "Drama"][: 1 + place % 2] for place in range(len(ids))],
            "year": pd.Series([2000] * len(ids), dtype="Int32"),
            "runtime_min": pd.Series([runtime_min] * len(ids), dtype="Int32"),
        }
    )


def users_frame(user_ids: Iterable[int] = ()) -> pd.DataFrame:
    """Return people of both genders and some ages; every seventh is not known."""
    ids = [user for user in user_ids if user % 7]
    return pd.DataFrame(
        {
            "user_id": pd.Series(ids, dtype="int64"),
            "age": pd.Series([15 + user % 60 for user in ids], dtype="Int32"),
            "gender": pd.Series(["FM"[user % 2] for user in ids], dtype="str"),
            "occupation": pd.Series(["other"] * len(ids), dtype="str"),
        }
    )


def taste_rows(users: int = 60, movies: int = 40, events: int = 14, seed: int = 3) -> list[RatingRow]:
    """Return ratings of two kinds of users: each rates its half of the movies, the better half highly."""
    rng = np.random.default_rng(seed)
    half = movies // 2
    rows = []
    for user in range(1, users + 1):
        for place, movie in enumerate(rng.choice(half, events, replace=False)):
            liked = 4.5 if movie < half // 2 else 2.5
            own = movie + half * (user % 2)
            rating = float(np.clip(np.rint(liked + rng.normal(0, 0.5)), 1, 5))
            rows.append((user, f"film+{own:02}+2000", rating, place * 1440 + int(rng.integers(0, 1000))))
    return rows


def tastes(users: int = 200, movies: int = 120, events: int = 15) -> list[RatingRow]:
    """Return ratings by people whose tastes have three dimensions, each movie as good as the others."""
    rng = np.random.default_rng(5)
    return _watched(rng, 1.2 * rng.normal(size=(users, 3)) @ rng.normal(size=(3, movies)), events)


def one_taste(users: int = 200, movies: int = 120, events: int = 15) -> list[RatingRow]:
    """Return ratings by people who all like the same: who liked what says nothing about anybody."""
    rng = np.random.default_rng(5)
    return _watched(rng, np.tile(1.5 * rng.normal(size=movies), (users, 1)), events)


def _watched(rng: np.random.Generator, liking: Float64Array, events: int) -> list[RatingRow]:
    rows = []
    for user, of_user in enumerate(liking, 1):
        chances = np.exp(of_user)
        chosen = rng.choice(len(of_user), events, replace=False, p=chances / chances.sum())
        rows += [
            (user, f"film+{movie:03}", 5.0, 60 * place + user % 60) for place, movie in enumerate(chosen)
        ]
    return rows


def training_data(
    ratings: Sequence[RatingRow] = (), watches: Sequence[WatchRow] = (), params: TrainingParams | None = None
) -> TrainingData:
    """Return what `load_data` gives for these events."""
    rated, watched = ratings_frame(ratings), watches_frame(watches)
    movies = movies_frame(sorted({*rated["movie_id"], *watched["movie_id"]}), runtime_min=100)
    prepare = (params or SHIPPED).prepare
    interactions = make_interactions(rated, watched, movies, prepare)
    users = users_frame(sorted(interactions["user_id"].unique()))
    facts = {
        "hash": "0123456789abcdef" * 4,
        "segments": ["one.parquet"],
        "rating_scales": [(1.0, 5.0)],
        "lines": {"rating": len(rated), "watch": len(watched)},
        "first_time": START.isoformat(),
        "last_time": START.isoformat(),
        "catalog_hash": "0" * 64,
        "ratings": len(rated),
        "watches": len(watched),
        "interactions": len(interactions),
        "absorbed": {"ratings": 0, "watched_minutes": 0},
        "users": int(interactions["user_id"].nunique()),
        "movies": int(interactions["movie_id"].nunique()),
    }
    return TrainingData(interactions, movies, users, facts)


def write_data(
    paths: Paths,
    ratings: Sequence[RatingRow] = (),
    watches: Sequence[WatchRow] = (),
    name: str = "events",
    scale: tuple[float, float] = (1, 5),
) -> None:
    """Write the same events as one segment, with a catalogue and users."""
    builder = SegmentBuilder()
    for user, movie, rating, minute in ratings:
        builder.add(Rating(START + timedelta(minutes=minute), user, movie, rating))
    for user, movie, watched, minute in watches:
        for one in range(watched):
            builder.add(Watch(START + timedelta(minutes=minute - watched + 1 + one), user, movie, one))
    source = {"kind": "file", "sha256": name, "part": 0, "parts": 1}
    publish_segment(
        stage_segment(paths.segments, name, builder.record_batches(), lambda: builder.meta(source, scale))
    )
    MOVIES.write(
        paths.catalog, movies_frame(sorted({row[1] for row in [*ratings, *watches]}), runtime_min=100)
    )
    USERS.write(paths.catalog, users_frame(sorted({row[0] for row in [*ratings, *watches]})))


def _times(minutes: Iterable[int]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([START + timedelta(minutes=minute) for minute in minutes], tz="UTC").as_unit("us")
