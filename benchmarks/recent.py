"""`python -m benchmarks.recent FOLDER`: what recent events cost the service's own part of a request."""

import random
import statistics
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from app import create_app
from app.artifact import load
from app.config import Settings
from app.factory import instance_of
from app.recent.events import RecentEvent
from app.recent.opening import CHECKED, open_store
from app.recent.store import CHUNK
from app.recommender import Recommender
from benchmarks.model import MOVIES, STORED, USERS, bench_model
from tests.support.models import Size, make_movies

EVENTS = 20  # of a user
HELD, EVENTS_HELD = 200_000, 5  # users in the throughput part, every fifth one, and events of each
ROUNDS, REQUESTS = 9, 600
NOW = int(time.time())


def fill(folder: Path, users: range, events: int, *, in_turns: bool) -> None:
    """Write a store: titles by their popularity, some rated; in turns, everybody's next in any order.

    In turns a page is split again and again, as when events come over days, and takes more room.
    """
    rng = np.random.default_rng(1)
    share = 1 / np.arange(1, MOVIES + 1) ** 0.9
    ids = make_movies(Size(movies=MOVIES)).ids
    one = np.array(users)
    order = np.concatenate([rng.permutation(one) for _ in range(events)]) if in_turns else one.repeat(events)
    movies = rng.choice(MOVIES, len(order), p=share / share.sum())
    turns = np.arange(len(order)) // len(one) if in_turns else np.tile(np.arange(events), len(one))
    ages = rng.integers(0, 14_400, len(order)) + (events - turns) * 14_400
    rows = zip(order.tolist(), movies.tolist(), ages.tolist(), rng.random(len(order)).tolist(), strict=True)
    store = open_store(folder, 512)
    while some := list(islice(rows, CHUNK)):
        store.apply(
            [
                RecentEvent(NOW - age, user, ids[movie], kind < 0.6, 3.0 if kind > 0.7 else None)
                for user, movie, age, kind in some
            ],
            0,
        )
    size = sum(file.stat().st_blocks * 512 for file in folder.glob("store-*/*"))
    sys.stdout.write(f"{store.users:,} users, {store.events:,} titles: {size / 1e6:.1f} MB\n")
    store.put({"status": {"until_s": NOW}})
    store.close()


def held_in(folder: Path) -> Path:
    """Return a store as it is promised for, made when it is not there."""
    held = folder / "held"
    if not (held / CHECKED).exists():
        fill(held, range(1, USERS + 1, USERS // HELD), EVENTS_HELD, in_turns=False)
    return held


def compare(folder: Path) -> None:
    """Print the processor time of the service's own part of a request, in turns with and without a store."""
    model = bench_model(folder, 64)
    held = held_in(folder)
    recommender = Recommender(load(model))
    without = create_app(Settings(model_dir=model), recommender)
    holding = create_app(Settings(model_dir=model, recent_dir=held), recommender)
    instance_of(holding).lists.refresh()
    stored, every = range(1, STORED + 1), USERS // HELD
    for what, users in (("everybody", stored), ("those of whom something is held", stored[::every])):
        times: dict[str, list[float]] = {"without": [], "with": []}
        _cost_us(holding, list(users[:REQUESTS]))
        for turn in range(ROUNDS):
            some = random.Random(turn).sample(users, REQUESTS)
            for name, app in (("without", without), ("with", holding)):
                times[name].append(_cost_us(app, some))
        medians = {name: statistics.median(found) for name, found in times.items()}
        sys.stdout.write(f"{what}: {medians['without']:.1f} us without, {medians['with']:.1f} with\n")


def _cost_us(app: Flask, users: list[int]) -> float:
    started = time.process_time()
    for user in users:
        app.wsgi_app({"PATH_INFO": f"/recommend/{user}", "REQUEST_METHOD": "GET"}, _no_answer)
    return (time.process_time() - started) / len(users) * 1e6


def _no_answer(status: str, headers: object, exc_info: object = None) -> Any:
    return None


if __name__ == "__main__":
    work = Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    compare(work)
