"""Users as they were at some moment: what they had done, and what they went on to like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from auto_deployment.dataset.arrays import BoolArray, Float32Array, IndexArray, Int32Array, Int64Array
from auto_deployment.training.train.strength import faded
from auto_deployment.training.train.trainset import Trainset


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of each of N interactions: its strength, and whether it would have been a hit.

    `told` is the strength by what instances are told of it.
    """

    strength: Float32Array
    told: Float32Array
    is_relevant: BoolArray


@dataclass(frozen=True, slots=True)
class Cases:
    """n users with something relevant to come.

    `weights` and `ages` are matrices (n, M) with the same entries, those of the users' histories; `relevant`
    (n, M) has ones, `seen` (n, M) an entry for each movie that belongs on no list.
    """

    weights: csr_matrix
    ages: csr_matrix
    relevant: csr_matrix
    seen: csr_matrix
    is_newcomer: BoolArray

    @property
    def events(self) -> Int32Array:
        events: Int32Array = np.diff(self.weights.indptr).astype(np.int32)
        return events

    @property
    def relevant_count(self) -> Int64Array:
        count: Int64Array = np.diff(self.relevant.indptr).astype(np.int64)
        return count

    def histories(self, half_life: float | None) -> csr_matrix:
        """Return what the events of each user weigh today."""
        return self._with(faded(self.weights.data, self.ages.data, half_life))

    def hidden(self) -> tuple[Int64Array, Int32Array]:
        """Return what the users have seen as compressed sparse rows."""
        return self.seen.indptr.astype(np.int64), self.seen.indices

    def _with(self, values: Float32Array) -> csr_matrix:
        return csr_matrix((values, self.weights.indices, self.weights.indptr), shape=self.weights.shape)


def collect(
    trainset: Trainset,
    facts: Facts,
    before: BoolArray,
    after: BoolArray,
    *,
    newcomers: bool,
    seen: BoolArray | None = None,
) -> Cases:
    """Make a case of each user who has interactions `before` and relevant ones `after`.

    More was seen than `before` where `seen` says so; then `before` is what instances have been told.
    """
    users = len(trainset.user_ids)
    wanted = np.bincount(trainset.users[after & facts.is_relevant], minlength=users)
    able = np.flatnonzero((np.bincount(trainset.users[before], minlength=users) > 0) & (wanted > 0))
    place = np.full(users, -1)
    place[able] = np.arange(len(able))
    here = np.flatnonzero(before & (place[trainset.users] >= 0))
    later = np.flatnonzero(after & facts.is_relevant & (place[trainset.users] >= 0))
    ends = np.cumsum(np.bincount(place[trainset.users[here]], minlength=len(able)))
    age = ends[place[trainset.users[here]]] - 1 - np.arange(len(here))

    def matrix(values: Float32Array | Int32Array, rows: IndexArray) -> csr_matrix:
        at = place[trainset.users[rows]], trainset.movies[rows]
        return csr_matrix((values, at), shape=(len(able), len(trainset.movie_ids)))

    hidden = here if seen is None else np.flatnonzero(seen & (place[trainset.users] >= 0))
    return Cases(
        matrix((facts.strength if seen is None else facts.told)[here], here),
        matrix(age.astype(np.int32), here),
        matrix(np.ones(len(later), dtype=np.int32), later),
        matrix(np.ones(len(hidden), dtype=np.int32), hidden),
        np.full(len(able), newcomers),
    )


def joined(parts: Sequence[Cases]) -> Cases:
    """Put cases one after the other."""
    return Cases(
        vstack([part.weights for part in parts], format="csr"),
        vstack([part.ages for part in parts], format="csr"),
        vstack([part.relevant for part in parts], format="csr"),
        vstack([part.seen for part in parts], format="csr"),
        np.concatenate([part.is_newcomer for part in parts]),
    )


def some_of(cases: Cases, rows: IndexArray) -> Cases:
    """Keep some cases."""
    return Cases(
        cases.weights[rows],
        cases.ages[rows],
        cases.relevant[rows],
        cases.seen[rows],
        cases.is_newcomer[rows],
    )
