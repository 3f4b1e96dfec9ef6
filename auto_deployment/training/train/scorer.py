"""The scores of many users at once, as `Recommender.scores` has them for one but for rounding."""

import numpy as np
from scipy.sparse import csr_matrix

from app.artifact import Model
from auto_deployment.dataset.arrays import Float32Array, IndexArray


class Scorer:
    """One model's scores, computed for a block of users by products of matrices."""

    def __init__(self, model: Model) -> None:
        arrays = model.arrays
        self._arrays = arrays
        self._cut = int(model.manifest["scalars"]["rank_factors"])
        movies = len(arrays["popular_order"])
        weights = (arrays["item_weights"], arrays["item_neighbours"], arrays["item_indptr"])
        self._item_weights = csr_matrix(weights, shape=(movies, movies), dtype=np.float64)

    def scores(self, rows: IndexArray) -> Float32Array:
        """Return the scores (rows, M) of every movie; training movies are not hidden."""
        scores: Float32Array = self._user_vectors(rows) @ self._arrays["item_factors"].T
        if self._item_weights.nnz:
            scores += (self._histories(rows) @ self._item_weights).toarray()
        popular = self._arrays["user_popular"][rows]
        if popular.any():
            scores += np.outer(popular.astype(np.float64), self._arrays["item_popular_score"])
        return scores

    def item_scores(self, rows: IndexArray) -> Float32Array:
        """Return the scores (rows, M) of the item part alone, whatever its weight."""
        scores: Float32Array = (self._histories(rows, 1.0) @ self._item_weights).toarray().astype(np.float32)
        return scores

    def _histories(self, rows: IndexArray, weight: float | None = None) -> csr_matrix:
        """Return what each movie of the users' histories weighs, shape (rows, M), or with the same weight."""
        indptr, items = self._arrays["seen_indptr"], self._arrays["seen_items"]
        sizes = indptr[rows + 1] - indptr[rows]
        ends = np.cumsum(sizes)
        places = np.arange(sizes.sum()) + np.repeat(indptr[rows] - (ends - sizes), sizes)
        of_users = self._arrays["user_item"][rows] if weight is None else np.full(len(rows), weight)
        weights = np.repeat(of_users.astype(np.float64), sizes)
        weights *= self._arrays["seen_strength"][places]
        shape = (len(rows), self._item_weights.shape[0])
        return csr_matrix((weights, items[places], np.concatenate([[0], ends])), shape=shape)

    def _user_vectors(self, rows: IndexArray) -> Float32Array:
        """Return what `item_factors` is multiplied by for each user, shape (rows, F + 1)."""
        factors, weights = self._arrays["user_factors"][rows], self._arrays["user_blend"][rows]
        cut = self._cut
        parts = [factors[:, :cut] * weights[:, :1], factors[:, cut:] * weights[:, 1:], weights[:, 1:]]
        return np.hstack(parts).astype(np.float32)
