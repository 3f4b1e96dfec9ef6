"""How much two lists differ, and two lots of lists. Pure.

A list holds numbers of movies, best first, none twice; it is short where a user has few titles left.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

RankedList = Sequence[int]
Floats = npt.NDArray[np.float64]

# The chance of looking at one more place; with it the first ten have 86 % of the weight (eq. 21).
PERSISTENCE = 0.9


def overlap(one: RankedList, other: RankedList) -> float:
    """Return the share of the longer list that both have; 1 where both are empty."""
    longest = max(len(one), len(other))
    return len(set(one) & set(other)) / longest if longest else 1.0


def rank_biased_overlap(one: RankedList, other: RankedList, persistence: float = PERSISTENCE) -> float:
    """Return RBO_ext: 1 for equal lists, exactly, and 0 for those without a common title.

    Webber, Moffat & Zobel, "A similarity measure for indefinite rankings", ACM TOIS 28(4), 2010, eq. 30, and
    eq. 32 where lengths differ: the agreement at each depth d counts (1 - p) p^(d-1). What follows the end of
    the lists is taken to agree as the lists do at their end, which gives that agreement the rest, p^length.
    """
    agreements = _agreements(one, other)
    if not agreements:
        return 1.0
    # Summed as a distance: rounding cannot make equal lists differ then.
    weights = [(1 - persistence) * persistence**depth for depth in range(len(agreements))]
    weights[-1] += persistence ** len(agreements)
    return 1 - sum(weight * (1 - agreed) for weight, agreed in zip(weights, agreements, strict=True))


def _agreements(one: RankedList, other: RankedList) -> list[float]:
    """Return the common share of the first d titles for every d; eq. 32 assumes what a short list lacks."""
    short, long = sorted((one, other), key=len)
    if not short:
        return [0.0] * len(long)
    depths = range(1, len(long) + 1)
    common = [len(set(short[:depth]) & set(long[:depth])) for depth in depths]
    share = common[len(short) - 1] / len(short)
    return [
        (found + share * max(depth - len(short), 0)) / depth
        for depth, found in zip(depths, common, strict=True)
    ]


def shown_counts(lists: Iterable[RankedList], movies: int) -> npt.NDArray[np.int64]:
    """Return how often each movie is shown."""
    shown = [movie for one in lists for movie in one]
    return np.bincount(np.array(shown, dtype=np.intp), minlength=movies)


def mean_popularity(counts: npt.NDArray[np.int64], events: npt.NDArray[np.int64]) -> float:
    """Return the mean of log2(1 + events) of what is shown: one more is twice as popular."""
    total = int(counts.sum())
    return float(counts @ np.log2(1.0 + events) / total) if total else 0.0


def genre_shares(counts: npt.NDArray[np.int64], genres: Floats) -> Floats:
    """Return the share of each genre in what is shown; `genres` has a row a movie that adds up to 1."""
    total = int(counts.sum())
    shares: Floats = counts @ genres / total if total else np.zeros(genres.shape[1])
    return shares


def moved(before: Floats, now: Floats) -> float:
    """Return the share that has moved from one genre to another: the total variation distance, 0 to 1."""
    return float(np.abs(now - before).sum() / 2)
