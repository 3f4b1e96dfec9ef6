"""The order for a user: the search's score and the recommender's, each brought to the same spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.finder import Asked, Found
from search.fusion import EXACT, Kind

CANDIDATES = 100  # the best ones by the search alone: these are ordered, and no others
# Of the recommender's score, beside 1 of the search's. `marquee search personal` chooses them on one half of
# the users and measures them on the other; the lower of two sets of data is taken: docs/search.md#for-a-user.
WEIGHTS = {Kind.FACTS: 0.5, Kind.WORDS: 0.5, Kind.TITLE: 0.0}
KNOWN_SHARE = 0.5  # of the candidates: a model that knows fewer is one of another catalogue

Sums = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """What the search found, best first, and how many of the first have the very title that was asked for."""

    kind: Kind
    found: Sequence[Found]
    exact: int

    @classmethod
    def of(cls, asked: Asked, found: Sequence[Found]) -> "Candidates":
        if not found:
            return cls(asked.kind, found, 0)
        rows = np.array([one.row for one in found], np.int32)
        order = np.argsort(rows)
        titles = np.empty(len(rows), np.float32)
        titles[order] = asked.reading.titles(rows[order])
        others = np.flatnonzero(titles < EXACT)
        return cls(asked.kind, found, int(others[0]) if len(others) else len(found))


def is_of_this_catalogue(scores: Sequence[float | None]) -> bool:
    """Tell whether a model knows enough of the candidates to order them."""
    known = sum(one is not None for one in scores)
    return known > 0 and known >= KNOWN_SHARE * len(scores)


def ordered(candidates: Candidates, scores: Sequence[float | None], weight: float) -> list[Found]:
    """Return the candidates for a user with these scores, `None` where the model does not know a movie.

    Exact titles stay first, in their order. A movie without a score counts like the mean of the others.
    """
    first, others = candidates.found[: candidates.exact], candidates.found[candidates.exact :]
    if not others or not weight:
        return list(candidates.found)
    given = np.array([np.nan if one is None else one for one in scores[candidates.exact :]], np.float64)
    total = _spread(np.array([one.score for one in others], np.float64)) + weight * _spread(given)
    return [*first, *(others[place] for place in np.argsort(-total, kind="stable").tolist())]


def _spread(scores: Sums) -> Sums:
    """Return scores with mean 0 and deviation 1, 0 for what is not known and where all are equal."""
    known = ~np.isnan(scores)
    if not known.any():
        return np.zeros(len(scores))
    scores = np.where(known, scores - scores[known].mean(), 0.0)
    deviation = float(np.sqrt(np.square(scores[known]).mean()))
    return scores / deviation if deviation > 1e-9 else np.zeros(len(scores))
