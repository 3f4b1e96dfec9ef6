"""Which requests the slices send: a file of paths for each side."""

import random
from collections.abc import Callable
from pathlib import Path

from benchmarks.apps import CONSTANT_RULE
from benchmarks.model import MOVIES, STORED, USERS

LINES = 20_000
CONSTANT = "constant route"
BARE = "bare Flask"
REPLY = "bare WSGI reply"
KNOWN = "known users"
UNKNOWN = "unknown users"
EXCLUDE = "known users, 5 excluded"
EXCLUDE_MANY = "known users, 200 excluded"
GENRE = "known users, a genre"
OUTSIDE = "users without a stored list"


def write_paths(folder: Path) -> dict[str, Path]:
    """Write the paths of every side, each time the same; users are drawn at random from millions."""
    rng = random.Random(1)
    makers: dict[str, Callable[[], str]] = {
        CONSTANT: lambda: CONSTANT_RULE.replace("<user>", str(rng.randint(1, STORED))),
        REPLY: lambda: f"/recommend/{rng.randint(1, STORED)}",
        BARE: lambda: f"/recommend/{rng.randint(1, STORED)}",
        KNOWN: lambda: f"/recommend/{rng.randint(1, STORED)}",
        UNKNOWN: lambda: f"/recommend/{rng.randint(USERS + 1, 2 * USERS)}",
        EXCLUDE: lambda: f"/recommend/{rng.randint(1, STORED)}?exclude={_movies(rng, 5)}",
        EXCLUDE_MANY: lambda: f"/recommend/{rng.randint(1, STORED)}?exclude={_movies(rng, 200)}",
        GENRE: lambda: f"/recommend/{rng.randint(1, STORED)}?genre=horror",
        OUTSIDE: lambda: f"/recommend/{rng.randint(STORED + 1, USERS)}",
    }
    files = {}
    for number, (side, make) in enumerate(makers.items()):
        files[side] = folder / f"paths-{number}"
        files[side].write_text("".join(f"{make()}\n" for _ in range(LINES)), "utf-8")
    return files


def mixed_paths(count: int) -> list[str]:
    """Return what an instance meets: mostly stored lists, some computed ones, some unknown users."""
    rng = random.Random(2)
    paths = []
    for _ in range(count):
        people = [rng.randint(1, STORED), rng.randint(STORED + 1, USERS), rng.randint(USERS + 1, 2 * USERS)]
        paths.append(f"/recommend/{rng.choices(people, [80, 10, 10])[0]}")
    return paths


def _movies(rng: random.Random, count: int) -> str:
    return ",".join(f"film+{number}+{1950 + number % 75}" for number in rng.sample(range(MOVIES), count))
