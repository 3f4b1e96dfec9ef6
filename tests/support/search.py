"""Small catalogues, and an embedding that needs no package: vectors of words, near where words are equal."""

from collections.abc import Sequence

import numpy as np

from search.embedding import Vectors, normalised
from search.movies import Movie
from search.ngrams import code_of
from search.settings import BuildSettings

GENRES = ("Comedy", "Drama", "Horror", "Sci-Fi")
FIRST = (
    "Silent",
    "Golden",
    "Broken",
    "Hidden",
    "Crimson",
    "Frozen",
    "Distant",
    "Hollow",
    "Electric",
    "Paper",
)
SECOND = (
    "River",
    "Castle",
    "Garden",
    "Engine",
    "Mirror",
    "Lantern",
    "Harbour",
    "Orchard",
    "Signal",
    "Voyage",
)
LAST = ((), ("Returns",), ("of", "Winter"), ("and", "Stone"))
QUICK = BuildSettings(questions=8, passes=3)


class WordVectors:
    """The mean of a random vector for each word, the same in every process."""

    def __init__(self, name: str = "words-32") -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), 32), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row += np.random.default_rng(code_of(word)).normal(size=32).astype(np.float32)
        return normalised(rows)


def small_catalogue(movies: int = 200) -> list[Movie]:
    """Return movies with different titles of two to four words, each with a year and one or two genres."""
    made = []
    for number in range(movies):
        words = [FIRST[number % 10], SECOND[number // 10 % 10], *LAST[number // 100 % len(LAST)]]
        genres = {GENRES[number % 4], GENRES[number // 4 % 4]}
        made.append(Movie(f"m{number:06}", " ".join(words), 1980 + number % 30, tuple(sorted(genres))))
    return made
