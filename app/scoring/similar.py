"""Movies near a movie."""

import numpy as np
import numpy.typing as npt

from app.scoring.item_part import ItemPart
from app.scoring.ordering import Scores, best


class Similar:
    """The movies that a watch of one speaks for, then those whose ranking factors are closest."""

    def __init__(self, ranking_factors: npt.NDArray[np.float32], item_part: ItemPart) -> None:
        self._factors = ranking_factors
        self._item_part = item_part
        self._norms = np.sqrt(np.einsum("ij,ij->i", ranking_factors, ranking_factors)) + np.float32(1e-9)

    def to(self, movie: int, n: int) -> tuple[list[int], Scores]:
        """Return rows and scores of n movies, best first.

        A score is the item-to-item weight. Movies without a weight above 0 come after those with one, by
        cosine, and have the cosine times the last weight; where no movie has one, the cosine.
        """
        rows, weights = self._item_part.spoken_for(movie, n)
        if len(rows) == n:
            return rows, weights
        cosines: Scores = (self._factors @ self._factors[movie]) / (self._norms * self._norms[movie])
        cosines[[movie, *rows]] = -np.inf
        others = best(cosines, n - len(rows))
        if not rows:
            return others, cosines[others]
        below = np.minimum(cosines[others], np.float32(1)) * weights[-1]  # a rounded cosine may exceed 1
        return rows + others, np.concatenate([weights, below])
