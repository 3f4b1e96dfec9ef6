"""The scores of many users at once, as `Recommender.scores` has them for one but for rounding."""

import numpy as np
from scipy.sparse import csr_matrix

from app.artifact import Model
from auto_deployment.dataset.arrays import Float32Array, Float64Array, IndexArray

# Of a user's best score. Two float32 products of the same few hundred factors were seen to differ by 9e-7.
ROUNDING = 4e-6
ROUNDING_WITHOUT_FACTORS = 1e-6  # what is left: a product of two numbers, and a sum in float64 of the rest


class Scorer:
    """One model's scores, computed for a block of users by products of matrices.

    `rounding` is by how much they may differ from those of `Recommender`. The weights of users are read for
    each block: they may be set meanwhile.
    """

    def __init__(self, model: Model) -> None:
        arrays = model.arrays
        self._arrays = arrays
        self._cut = int(model.manifest["scalars"]["rank_factors"])
        movies = len(arrays["popular_order"])
        weights = (arrays["item_weights"], arrays["item_neighbours"], arrays["item_indptr"])
        self._item_weights = csr_matrix(weights, shape=(movies, movies), dtype=np.float64)
        # Popularity is one factor more; where the others count for nobody, it is the only one.
        popular = arrays["item_popular_score"][:, np.newaxis]
        self._has_factors = bool(arrays["user_blend"].any())
        self.rounding = ROUNDING if self._has_factors else ROUNDING_WITHOUT_FACTORS
        self._movies = np.hstack([arrays["item_factors"], popular]) if self._has_factors else popular

    def scores(self, rows: IndexArray, sums: Float64Array | None = None) -> Float32Array:
        """Return the scores (rows, M) of every movie; training movies are not hidden.

        `sums` are those of the rows where they are known already; they are overwritten.
        """
        scores: Float32Array = self._user_vectors(rows) @ self._movies.T
        weights = self._arrays["user_item"][rows]
        if self._item_weights.nnz and weights.any():
            sums = self.sums(rows) if sums is None else sums
            sums *= weights[:, np.newaxis]
            scores += sums
        return scores

    def sums(self, rows: IndexArray) -> Float64Array:
        """Return the scores (rows, M) of the item part alone, before they are weighted."""
        sums: Float64Array = (self._histories(rows) @ self._item_weights).toarray()
        return sums

    def _histories(self, rows: IndexArray) -> csr_matrix:
        """Return the strength of each movie of the users' histories, shape (rows, M)."""
        indptr, items = self._arrays["seen_indptr"], self._arrays["seen_items"]
        sizes = indptr[rows + 1] - indptr[rows]
        ends = np.cumsum(sizes)
        places = np.arange(sizes.sum()) + np.repeat(indptr[rows] - (ends - sizes), sizes)
        strength = self._arrays["seen_strength"][places].astype(np.float64)
        shape = (len(rows), self._item_weights.shape[0])
        return csr_matrix((strength, items[places], np.concatenate([[0], ends])), shape=shape)

    def _user_vectors(self, rows: IndexArray) -> Float32Array:
        """Return what the movies' factors are multiplied by for each user."""
        popular = self._arrays["user_popular"][rows, np.newaxis]
        if not self._has_factors:
            return popular
        factors, weights = self._arrays["user_factors"][rows], self._arrays["user_blend"][rows]
        cut = self._cut
        parts = [factors[:, :cut] * weights[:, :1], factors[:, cut:] * weights[:, 1:], weights[:, 1:]]
        return np.hstack([*parts, popular]).astype(np.float32)
