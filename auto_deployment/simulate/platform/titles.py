"""Made-up titles and their ids in the shape of the stream, the odd valid ones included."""

from collections.abc import Sequence

import numpy as np

from auto_deployment.simulate.platform.vocabulary import ADJECTIVES, NOUNS, NUMERALS

# {a} is an adjective, {n} and {m} are nouns, {i} is a numeral.
USUAL = (
    *["{a}+{n}"] * 5,
    *["the+{a}+{n}"] * 4,
    *["the+{n}+and+the+{m}"] * 2,
    *["{n}+of+the+{a}+{m}"] * 2,
    "the+{n}s+{m}",
    "{a}+{n}+{i}",
    "{n}+in+the+{m}",
)
ODD = (
    "dr.+{n}+and+the+{a}+{m}",
    "{n}-{m}+in+{a}+{n}",
    "{a}+{n}+-+the+{m}",
    "{n}_+{a}+{m}",
    "{a}+{n}*",
    "{n}*21+{m}",
    "rock+'n'+{n}+{m}",
    "{n}~{m}",
    "7+{a}+{n}s",
)


def make_movie_ids(
    rng: np.random.Generator, years: Sequence[int], odd_share: float, no_year_share: float
) -> list[str]:
    """Return a different id for each year: words joined by `+`, then `+year`, sometimes just `+`."""
    ids: dict[str, None] = {}
    for year, draws in zip(years, rng.random((len(years), 7)).tolist(), strict=True):
        stem = _stem(draws, odd_share)
        end = "+" if draws[6] < no_year_share else f"+{year}"
        movie_id, number = stem + end, 2
        while movie_id in ids:
            movie_id, number = f"{stem}+{number}{end}", number + 1
        ids[movie_id] = None
    return list(ids)


def make_title(movie_id: str) -> str:
    """Return the title as a catalogue prints it, without the year."""
    words = movie_id.split("+")[:-1]
    return " ".join(word.upper() if word in NUMERALS else word.capitalize() for word in words)


def _stem(draws: list[float], odd_share: float) -> str:
    patterns = ODD if draws[0] < odd_share else USUAL
    return _pick(patterns, draws[1]).format(
        a=_pick(ADJECTIVES, draws[2]),
        n=_pick(NOUNS, draws[3]),
        m=_pick(NOUNS, draws[4]),
        i=_pick(NUMERALS, draws[5]),
    )


def _pick(words: Sequence[str], draw: float) -> str:
    return words[int(draw * len(words))]
