"""Lines in the mix of the real stream, without its disk or its network."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_BEGIN = datetime(2026, 8, 27, tzinfo=UTC)
_LINES_PER_S = 505
_MOVIES = 6_787
_USERS = 1_000_000


def stream_lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield lines: of 1,000 about 975 watches, 5 ratings, 9 lists of 20 movies and a damaged one.

    Viewers stay with a movie for a few minutes, so a batch has fewer pairs than lines, as the real one.
    """
    dice = random.Random(seed)
    movies = [f"some+movie+of+the+year+{i}+{1930 + i % 95}" for i in range(_MOVIES)]
    viewings = [_viewing(dice, movies) for _ in range(30_000)]
    for number in range(count):
        time = f"{_BEGIN + timedelta(seconds=number / _LINES_PER_S):%Y-%m-%dT%H:%M:%S}"
        kind, user_id = dice.random(), dice.randrange(1, _USERS)
        if kind < 0.985:
            viewing = viewings[place := dice.randrange(len(viewings))]
            viewing[2] += 1
            if dice.random() < 0.3:
                viewings[place] = _viewing(dice, movies)
            stray = "x" if kind < 0.001 else ""
            yield f"{time},{viewing[0]},GET /data{stray}/m/{viewing[1]}/{viewing[2]}.mpg".encode()
        elif kind < 0.99:
            yield f"{time},{user_id},GET /rate/{dice.choice(movies)}={dice.randint(1, 5)}".encode()
        else:
            listed = ", ".join(dice.choices(movies, k=20))
            head = f"{time}.{number % 1000:03d},{user_id},recommendation request host.example.org:8082"
            yield f"{head}, status 200, result: {listed}, {dice.randint(20, 400)} ms".encode()


def _viewing(dice: random.Random, movies: list[str]) -> list[Any]:
    return [dice.randrange(1, _USERS), movies[int(_MOVIES * dice.random() ** 3)], dice.randrange(90)]
