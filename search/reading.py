"""What the words of a question say of titles and years, before any vector is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.fusion import EXACT, Scores, Words
from search.index_format import Head
from search.ngrams import (
    Rows,
    Wanted,
    all_title_scores,
    best_titles,
    exact_titles,
    is_known,
    title_scores,
    wanted,
)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """A question as it was read. A year is a part of a title or stands beside it: what says more counts."""

    head: Head
    words: Words
    years: Sequence[int]  # that stand in the question
    texts: Sequence[Wanted]  # all of it and, where years and others are there, it without years

    def titles(self, rows: Rows) -> Scores:
        """Return the cosine of the words and each of some titles."""
        scores: Scores = title_scores(self.head.arrays, self.texts, rows).max(axis=0)
        return scores

    def all_titles(self) -> Scores:
        scores: Scores = np.max([all_title_scores(self.head.arrays, one) for one in self.texts], axis=0)
        return scores

    def named(self, rows: Rows) -> Flags:
        """Tell of each movie whether its year stands in the question."""
        return np.isin(self.head.arrays["movie_years"][rows], self.years)

    def all_named(self) -> Flags:
        return np.isin(self.head.arrays["movie_years"], self.years)

    def likely(self, count: int) -> Rows:
        """Return rows, rising, among which are the best `count` by title and year."""
        by_year = [self.head.rows_of_years[one] for one in self.years]
        by_title, least = list[Rows](), 0.0
        # Without its years it has more in common with most titles: what they reach is the floor of the other.
        for one in reversed(self.texts):
            found, least = best_titles(self.head.arrays, one, count, least)
            by_title.append(found)
        return np.unique(np.concatenate([*by_title, *by_year]))

    def exact(self) -> Rows:
        """Return rows, rising, of the titles that are exactly what is asked."""
        found = [exact_titles(self.head.arrays, one, EXACT) for one in self.texts]
        return np.unique(np.concatenate(found))


def read(head: Head, words: Sequence[str]) -> Reading:
    """Read the words of a question."""
    years = {word for word in words if word in head.years}
    others = [word for word in words if word not in years]
    unknown = [word for word in others if word not in head.genre_words]
    texts = [words, others] if years and others else [words]
    return Reading(
        head,
        Words(
            all_facts=not unknown,
            some_facts=len(unknown) < len(words),
            strange=not all(is_known(head.arrays, word) for word in unknown),
        ),
        sorted(map(int, years)),
        [wanted(head.arrays, one) for one in texts],
    )
