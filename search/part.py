"""What a shard holds of an index, and searches: the vectors of its clusters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors
from search.ranking import best_places

Rows = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
# An index turns its vectors so that their first numbers say most: these are looked at of all movies of the
# clusters, and whole vectors of those only that are best by them. What that misses, a build counts as missed.
FIRST = 96
SIFTED = 400  # of each shard


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

    @cached_property
    def _of_years(self) -> dict[int, Places]:
        return {int(year): np.flatnonzero(self.years == year) for year in np.unique(self.years)}

    @cached_property
    def _first(self) -> Vectors:
        return np.ascontiguousarray(self.vectors[:, :FIRST])

    def make_ready(self) -> Self:
        """Make what the first question would have to wait for."""
        _ = self._place, self._of_years, self._first
        return self

    def answer(self, question: Question) -> tuple[Rows, Vectors]:
        """Return movies and their cosines, each movie once; raise `NotHeldError`."""
        missing = [one for one in question.clusters if one not in self.spans]
        if missing:
            raise NotHeldError(f"The cluster {missing[0]} is not held here.")
        of_years = [self._of_years[one] for one in question.years if one in self._of_years]
        named = np.array([self._place[one] for one in question.rows if one in self._place], np.int64)
        best = [self._best(places, question) for places in (self._sifted(question), *of_years)]
        found = [(named, self.vectors[named] @ question.vector), *best]
        places, first = np.unique(np.concatenate([one for one, _ in found]), return_index=True)
        return self.rows[places], np.concatenate([near for _, near in found])[first]

    def _sifted(self, question: Question) -> Places:
        """Return the likeliest places of the clusters to look into, by the first numbers of their vectors.

        Where these are most of what is held, all is looked into: one product is done sooner than many.
        """
        spans = [self.spans[one] for one in question.clusters]
        vector = question.vector[:FIRST]
        if 2 * sum(one.stop - one.start for one in spans) > len(self.rows):
            return best_places(self._first @ vector, SIFTED)
        runs = _runs(sorted((one.start, one.stop) for one in spans))
        if not runs:
            return np.zeros(0, np.int64)
        near = np.concatenate([self._first[start:stop] @ vector for start, stop in runs])
        lengths = np.array([stop - start for start, stop in runs])
        ends = np.cumsum(lengths)
        chosen = best_places(near, SIFTED)
        run = np.searchsorted(ends, chosen, "right")
        skipped = np.array([start for start, _ in runs]) - (ends - lengths)
        places: Places = chosen + skipped[run]
        return places

    def _best(self, places: Places, question: Question) -> tuple[Places, Vectors]:
        places = np.sort(places)
        near = self.vectors[places] @ question.vector
        best = best_places(near, question.count)
        return places[best], near[best]


def _runs(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans, which rise, with those that touch made one: one product of matrices for each."""
    runs = list[tuple[int, int]]()
    for start, stop in spans:
        if start == stop:
            continue
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs
