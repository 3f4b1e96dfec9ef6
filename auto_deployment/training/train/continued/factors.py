"""The factors of lists: a few more rounds of alternating least squares, from those of another model."""

from dataclasses import replace

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from auto_deployment.training.params import TrainParams
from auto_deployment.training.train.continued.parent import Parent
from auto_deployment.training.train.continued.rows import taken
from auto_deployment.training.train.ranking_model import MovieFactors, RankingModel


def continue_als(
    likes: csr_matrix, singular_value: float, parent: Parent, params: TrainParams
) -> RankingModel:
    """Begin with the parent's factors, those of new users and movies solved for them, and go on.

    In the end each user's factors are solved exactly for the final movies, as after any training.
    """
    how = replace(params.als, iterations=params.continued.als_iterations)

    def begin(model: AlternatingLeastSquares, confidence: csr_matrix) -> None:
        arrays, cut = parent.model.arrays, params.als.factors
        model.item_factors = taken(arrays["item_factors"][:, :cut], parent.movies)
        model.user_factors = taken(arrays["user_factors"][:, :cut], parent.users)
        users, movies = np.flatnonzero(parent.users < 0), np.flatnonzero(parent.movies < 0)
        # A few steps of conjugate gradients from nothing are no solution: so new ones are folded in first.
        if len(users):
            model.user_factors[users] = model.recalculate_user(users, confidence[users])
        if len(movies):
            model.item_factors[movies] = model.recalculate_item(movies, confidence.T.tocsr()[movies])

    movies = MovieFactors(likes, singular_value, how, params.seed, begin)
    return RankingModel(movies.of_users(likes), movies.factors, movies.regularization)
