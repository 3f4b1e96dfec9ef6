"""Ratings of any number, made in seconds: tastes, popular and rare movies, active and quiet users."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Rating
from auto_deployment.dataset.segments import publish_segment, stage_segment
from auto_deployment.paths import Paths
from tests.support.training import START, movies_frame, users_frame

PER_USER = 20
TASTES = 8
DAYS = 90


def write_ratings(
    paths: Paths, count: int, movies: int, seed: int = 7, minutes: range = range(DAYS * 1440)
) -> None:
    """Write one segment of about `count` ratings by count / 20 users, of some minutes, and a catalogue."""
    users = count // PER_USER
    builder = SegmentBuilder()
    for user, movie, rating, minute in _ratings(users, movies, count, seed):
        if minute in minutes:
            builder.add(Rating(START + timedelta(minutes=minute), user, f"film+{movie}+2000", rating))
    source = {"kind": "file", "sha256": f"{count}-{seed}-{minutes}", "part": 0, "parts": 1}
    batches = builder.record_batches()
    name = f"ratings-{seed}-{minutes.start}"
    publish_segment(stage_segment(paths.segments, name, batches, lambda: builder.meta(source, (1, 5))))
    MOVIES.write(paths.catalog, movies_frame(f"film+{movie}+2000" for movie in range(movies)))
    USERS.write(paths.catalog, users_frame(range(1, users + 1)))


def _ratings(users: int, movies: int, count: int, seed: int) -> Iterator[tuple[int, int, float, int]]:
    rng = np.random.default_rng(seed)
    tastes = rng.normal(0, 1, (users, TASTES)) / np.sqrt(TASTES)
    traits = rng.normal(0, 1, (movies, TASTES))
    popularity = np.arange(1, movies + 1) ** -0.8
    activity = rng.lognormal(0, 1, users)
    rows = np.sort(rng.choice(users, count, p=activity / activity.sum()))
    # Of a few movies that come to mind one is chosen by taste: lists can be learnt.
    considered = rng.choice(movies, (count, 4), p=popularity / popularity.sum())
    liking = np.einsum("if,ijf->ij", tastes[rows], traits[considered])
    best = liking.argmax(axis=1)
    chosen, liked = considered[np.arange(count), best], liking[np.arange(count), best]
    rating = np.clip(np.rint(3 + 0.8 * liked + rng.normal(0, 0.6, count)), 1, 5)
    minute = rng.integers(0, DAYS * 1440, count)
    columns = (rows + 1, chosen, rating, minute)
    yield from zip(*[column.tolist() for column in columns], strict=True)
