"""Captured lines, read where they are: each must be taken for what its block says it is."""

from dataclasses import replace

import pytest

from auto_deployment.dataset.events import (
    AccountCreated,
    Event,
    Rating,
    Recommendation,
    Rejection,
    Watch,
    parse,
)
from tests.support.project import PROJECT

SAMPLES = PROJECT.parent / "shared/data/stream_samples.txt"

# A distinctive part of each block's heading, in order, and what its lines are. `unknown` is an id that only a
# catalogue can tell from a real one; both it and `movie-id` must be one character away from a well-formed id.
BLOCKS = {
    "normal watch lines": ["watch"] * 8,
    "normal rating lines": ["rating"] * 8,
    "recommendation lines, status 200": ["list"] * 4,
    "one stray character or space inserted anywhere": [
        "minute", "time", "time", "user-id", "request", "time", "time", "time", "time", "minute", "minute",
        "user-id", "time", "user-id", "time", "minute", "request", "user-id", "time", "request", "time",
    ],
    "stray space or letter inside the movie id": [
        *["movie-id"] * 8, "unknown", "movie-id", "unknown", "movie-id",
    ],
    "user id out of range": ["user-range"],
    "timeout form": ["error"] * 4,
    "connection refused form": ["error"] * 5,
    "10,214 rating lines) REAL - normal": ["rating"] * 5,
    "corrupted or odd ids": [
        "rating", "rating", "movie-id", "rating", "time", "rating", "time",
        "rating", "movie-id", "rating", "rating", "rating", "time", "rating",
    ],
    "history1.csv": ["watch", "watch", "list"],
    "history_wrong_date_format.csv": ["minute"] * 3 + ["fields", "watch", "fields", "watch", "watch"],
    "CMU fall 2019": ["watch", "rating"],
    "ckaestne/seai lectures": ["rating"] * 2,
    "truncated shapes": ["recommendation", "fields", "request", "request", "request", "rating-form", "time"],
    "missing user field": ["watch", "rating", "fields", "list", "fields"],
    "stray space inside the time": ["watch", "rating", "time"],
    "CMU fall 2025": ["list", "watch", "rating"],
    "CMU fall 2026 lab notes": ["watch"],
    "course format text": ["account"],
}  # fmt: skip


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[str]]:
    if not SAMPLES.exists():
        pytest.skip("the captured sample lines are not beside this checkout")
    found: dict[str, list[str]] = {}
    for line in SAMPLES.read_text().splitlines():
        if line.startswith("#"):
            heading = line
        elif line:
            found.setdefault(heading, []).append(line.replace("<time>,<userid>", "2026-03-05T12:00:07,42"))
    return found


@pytest.fixture(scope="module")
def well_formed(blocks: dict[str, list[str]]) -> set[str]:
    """Give the movie ids of the undamaged blocks."""
    lines = [line for heading, lines in blocks.items() if "corrupted" not in heading for line in lines]
    ids: set[str] = set()
    for result in map(parse, map(str.encode, lines)):
        match result:
            case Watch(movie_id=movie_id) | Rating(movie_id=movie_id):
                ids.add(movie_id)
            case Recommendation(movies=movies):
                ids.update(movies)
    return ids


def classify(result: Event | Rejection) -> str:
    match result:
        case Watch():
            return "watch"
        case Rating():
            return "rating"
        case Recommendation(error=None):
            return "list"
        case Recommendation():
            return "error"
        case AccountCreated():
            return "account"
        case Rejection(reason=reason):
            return "rating-form" if reason == "rating" else str(reason)


def test_every_block_of_the_samples_is_known_here(blocks: dict[str, list[str]]) -> None:
    assert len(blocks) == len(BLOCKS)
    assert all(part in heading for part, heading in zip(BLOCKS, blocks, strict=True))


@pytest.mark.parametrize("place", range(len(BLOCKS)), ids=list(BLOCKS))
def test_each_line_is_what_its_block_says(blocks: dict[str, list[str]], place: int) -> None:
    expected = list(BLOCKS.values())[place]
    results = [parse(line.encode()) for line in list(blocks.values())[place]]
    assert [classify(result) for result in results] == [
        "watch" if kind == "unknown" else kind for kind in expected
    ]


def test_damaged_ids_are_handed_on_one_character_away_from_a_real_one(
    blocks: dict[str, list[str]], well_formed: set[str]
) -> None:
    heading = next(heading for heading in blocks if "inside the movie id" in heading)
    repaired = 0
    for line in blocks[heading]:
        result = parse(line.encode())
        event = result.event if isinstance(result, Rejection) else result
        assert isinstance(event, Watch)
        bad = event.movie_id
        candidates = {bad[:i] + bad[i + 1 :] for i in range(len(bad))}
        mended = [parse(line.replace(bad, good).encode()) for good in candidates]
        assert any(one == replace(event, movie_id=good) for one, good in zip(mended, candidates, strict=True))
        repaired += len(candidates & well_formed) == 1
    assert repaired >= 6


def test_a_list_has_all_its_ids(blocks: dict[str, list[str]]) -> None:
    heading = next(heading for heading in blocks if "recommendation lines, status 200" in heading)
    for line in blocks[heading]:
        result = parse(line.encode())
        assert isinstance(result, Recommendation)
        assert len(result.movies) == 20
