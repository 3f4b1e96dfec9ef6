"""The movies that may come first for a case, with what each part says of them: any blend can be tried."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from auto_deployment.training.train.choose.cases import Cases, some_of
from auto_deployment.training.train.choose.fold import Fold
from auto_deployment.training.train.top_lists import best_rows, blocks, hide_seen

FACTORS, POPULAR = "factors", "popular"
OF_EACH_PART = 60  # its best movies; what stands in the first places of a blend is high in one of its parts
PLACES = 10

Part = str | tuple[str, float | None]


def items_with(half_life: float | None) -> Part:
    """Return the name of the item part with histories that fade like this."""
    return ("items", half_life)


@dataclass(frozen=True, slots=True)
class Shortlists:
    """For n cases, L movies each: the parts' scores (n, L) with deviation 1 over all movies.

    `is_usable` (n, L) leaves out what the user has seen already and repeats; `relevant_count` (n,) counts all
    that is relevant, also what stands on no list.
    """

    scores: Mapping[Part, Float32Array]
    is_usable: BoolArray
    is_hit: BoolArray
    relevant_count: Int64Array

    def ndcg(self, weights: Mapping[Part, npt.ArrayLike]) -> Float64Array:
        """Return each case's NDCG with the parts weighted like this; a weight may be one for each case."""
        total = np.zeros(self.is_hit.shape, dtype=np.float32)
        for part, weight in weights.items():
            total += np.asarray(weight, dtype=np.float32).reshape(-1, 1) * self.scores[part]
        total[~self.is_usable] = -np.inf
        order = best_rows(total, PLACES)
        hits = np.take_along_axis(self.is_hit, np.maximum(order, 0), axis=1) & (order >= 0)
        discount = 1 / np.log2(np.arange(PLACES) + 2)
        ideal = np.cumsum(discount)[np.minimum(self.relevant_count, PLACES) - 1]
        gained: Float64Array = (hits * discount[: hits.shape[1]]).sum(axis=1) / ideal
        return gained


def make_shortlists(fold: Fold, cases: Cases, half_lives: tuple[float | None, ...]) -> Shortlists:
    """Score all movies for each case by a fold's parts, some at a time, and keep those that matter.

    The first and the last half-life propose movies; what lies between them proposes much the same.
    """
    found = [
        _of_block(fold, some_of(cases, rows), half_lives) for _, rows in blocks(np.arange(len(cases.events)))
    ]
    return joined(found)


def joined(parts: list[Shortlists]) -> Shortlists:
    """Put shortlists one after the other."""
    return Shortlists(
        {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores},
        np.concatenate([part.is_usable for part in parts]),
        np.concatenate([part.is_hit for part in parts]),
        np.concatenate([part.relevant_count for part in parts]),
    )


def _of_block(fold: Fold, cases: Cases, half_lives: tuple[float | None, ...]) -> Shortlists:
    everybody = np.arange(len(cases.events))
    scores: dict[Part, Float32Array] = {
        FACTORS: fold.movies.of_users(cases.histories(None)) @ fold.movies.factors.T,
        POPULAR: np.tile(fold.popular, (len(everybody), 1)),
    }
    for half_life in half_lives:
        scores[items_with(half_life)] = (cases.histories(half_life) @ fold.items).toarray()
    deviations = {name: part.std(axis=1, keepdims=True) for name, part in scores.items() if name != POPULAR}
    proposed = []
    for name in (FACTORS, POPULAR, items_with(half_lives[0]), items_with(half_lives[-1])):
        hide_seen(scores[name], everybody, *cases.hidden())
        proposed.append(best_rows(scores[name], OF_EACH_PART))
    movies = np.sort(np.hstack(proposed), axis=1)
    is_usable = movies >= 0
    is_usable[:, 1:] &= movies[:, 1:] != movies[:, :-1]
    at = np.maximum(movies, 0)
    listed = {
        name: np.where(is_usable, np.take_along_axis(part, at, axis=1), 0) for name, part in scores.items()
    }
    for name, deviation in deviations.items():
        listed[name] = _even(listed[name], deviation)
    return Shortlists(
        listed,
        is_usable,
        np.take_along_axis(cases.relevant.toarray() > 0, at, axis=1),
        cases.relevant_count,
    )


def _even(scores: Float32Array, deviation: Float32Array) -> Float32Array:
    """Bring each row to deviation 1; scores without any spread order nothing and stay away."""
    is_spread = deviation > 1e-6
    even: Float32Array = np.where(is_spread, scores / np.where(is_spread, deviation, 1), 0)
    return even.astype(np.float32)
