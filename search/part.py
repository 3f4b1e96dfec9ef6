"""What a shard holds of an index, and searches: the vectors of its clusters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors

Rows = npt.NDArray[np.int32]


class NotHeldError(LookupError):
    """A cluster was asked for that this shard does not hold."""


@dataclass(frozen=True)
class Question:
    """What a gateway asks of a shard."""

    vector: Vectors
    clusters: Sequence[int]  # to look into
    count: int  # of the best to be named
    rows: Sequence[int] = ()  # movies that something else has found: how near they are is to be said too
    years: Sequence[int] = ()  # the best movies of these years are named too, whichever cluster they are in


@dataclass(frozen=True)
class Part:
    """Vectors of clusters, one after the other; `rows` are the movies, `years` theirs or 0."""

    spans: Mapping[int, slice]
    vectors: Vectors
    rows: Rows
    years: npt.NDArray[np.int32]

    @cached_property
    def _place(self) -> dict[int, int]:
        return {int(row): place for place, row in enumerate(self.rows)}

    def answer(self, question: Question) -> tuple[Rows, Vectors]:
        """Return movies and their cosines, each movie once; raise `NotHeldError`."""
        missing = [one for one in question.clusters if one not in self.spans]
        if missing:
            raise NotHeldError(f"The cluster {missing[0]} is not held here.")
        places = np.concatenate(
            [
                self._best(
                    [np.arange(*self.spans[one].indices(len(self.rows))) for one in question.clusters],
                    question,
                ),
                self._best(
                    [np.flatnonzero(np.isin(self.years, question.years))] if question.years else [], question
                ),
                np.array([self._place[one] for one in question.rows if one in self._place], np.int64),
            ]
        )
        places = np.unique(places)
        return self.rows[places], self.vectors[places] @ question.vector

    def _best(self, places: Sequence[npt.NDArray[np.int64]], question: Question) -> npt.NDArray[np.int64]:
        if not places:
            return np.zeros(0, np.int64)
        # A cluster lies in one piece: no vector of it is copied.
        near = [
            self.vectors[one[0] : one[-1] + 1] @ question.vector
            if len(one) and one[-1] - one[0] == len(one) - 1
            else self.vectors[one] @ question.vector
            for one in places
        ]
        return np.concatenate(places)[best_places(np.concatenate(near), question.count)]


def best_places(scores: Vectors, count: int) -> npt.NDArray[np.int64]:
    """Return where the highest scores are, highest first, and of equal ones the first first."""
    if len(scores) > 4 * count:
        # All that are as good as the last one: which of equal ones `argpartition` takes is not said.
        limit = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= limit)
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places], kind="stable")[:count]]
