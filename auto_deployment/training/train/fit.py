"""From a trainset to the arrays of a model."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from app.artifact import Model, Movies
from app.model_format import ARRAYS, ORDER, without_item_part
from auto_deployment.dataset.arrays import BoolArray
from auto_deployment.training.libraries import library_versions
from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.train.beside import beside
from auto_deployment.training.train.blend import user_weights, with_bias
from auto_deployment.training.train.popularity import recent_popularity
from auto_deployment.training.train.ranking_model import RankingModel, fit_als
from auto_deployment.training.train.rating_models import Rated, RatingModel, fit_rated
from auto_deployment.training.train.stored_lists import store_lists
from auto_deployment.training.train.trainset import Trainset

Arrays = dict[str, npt.NDArray[Any]]

FIT_BESIDE = 100_000  # ratings; with fewer, a process of its own starts for longer than SVD takes


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model before it is written: what `app.artifact.save` takes, `details` aside."""

    arrays: Arrays
    movies: Movies
    scalars: Mapping[str, float]

    def as_model(self) -> Model:
        """Return the model as it will be loaded, to be measured before it is written."""
        return Model({"version": "unpublished", "scalars": self.scalars}, self.arrays, self.movies)


def fit(trainset: Trainset, catalogue: pd.DataFrame, params: TrainParams) -> Fitted:
    """Fit both models, blend them, and compute the stored lists; the same input gives the same arrays."""
    ranking, rating = _fit_both(trainset, params)
    return assemble(trainset, catalogue, ranking, rating, params)


def _fit_both(trainset: Trainset, params: TrainParams) -> tuple[RankingModel, RatingModel]:
    rated = Rated(trainset)
    if len(rated.rating) < FIT_BESIDE:
        return fit_als(trainset, params.als, params.seed), fit_rated(rated, params.svd, params.seed)
    with beside(fit_rated, rated, params.svd, params.seed) as rating:
        return fit_als(trainset, params.als, params.seed), rating()


def assemble(
    trainset: Trainset,
    catalogue: pd.DataFrame,
    ranking: RankingModel,
    rating: RatingModel,
    params: TrainParams,
) -> Fitted:
    """Put fitted models into the arrays of `app.model_format`.

    On one thread, as models are served: how a sum is rounded depends on the number of threads, and for
    products as small as one user's scores most of the time was threads waiting for each other.
    """
    with threadpool_limits(1, "blas"):
        return _assemble(trainset, catalogue, ranking, rating, params)


def _assemble(
    trainset: Trainset,
    catalogue: pd.DataFrame,
    ranking: RankingModel,
    rating: RatingModel,
    params: TrainParams,
) -> Fitted:
    movies, genre_mask = _describe(trainset.movie_ids, catalogue)
    popularity = recent_popularity(trainset, params.popularity)
    indptr, items = trainset.seen()
    arrays: Arrays = {
        "user_ids": trainset.user_ids,
        "user_events": trainset.events_per_user(),
        "user_factors": np.hstack([ranking.user_factors, rating.user_factors]),
        "user_blend": user_weights(ranking, rating, trainset.ratings_per_user(), params),
        "user_bias": rating.user_bias,
        "user_list_row": np.full(len(trainset.user_ids), -1),
        "top_items": np.zeros((0, params.lists.length)),
        "seen_indptr": indptr,
        "seen_items": items,
        "item_factors": np.hstack([ranking.movie_factors, with_bias(rating)[1]]),
        "item_popularity": popularity,
        "popular_order": np.argsort(-popularity, kind="stable"),
        "genre_mask": genre_mask,
    }
    arrays |= without_item_part(arrays)
    scalars = {
        "min_events": params.min_events,
        "rank_factors": ranking.movie_factors.shape[1],
        "global_mean": rating.mean,
    }
    fitted = Fitted(_as_written(arrays), movies, scalars)
    lists = store_lists(fitted.as_model(), trainset, params)
    return Fitted(_as_written({**arrays, **lists}), movies, scalars)


def _as_written(arrays: Arrays) -> Arrays:
    """Bring arrays to the types and memory order of the files: what is measured rounds as what is served."""
    return {
        name: np.asarray(arrays[name], dtype=dtype, order=ORDER.get(name, "C"))
        for name, (dtype, _) in ARRAYS.items()
    }


def _describe(movie_ids: list[str], catalogue: pd.DataFrame) -> tuple[Movies, BoolArray]:
    """Look up titles and genres; a movie that the catalogue does not have is called by its id."""
    known = catalogue.set_index("movie_id").reindex(movie_ids)
    titles = [
        title if isinstance(title, str) else movie
        for movie, title in zip(movie_ids, known["title"], strict=True)
    ]
    listed = known["genres"].explode().dropna()
    names = sorted(set(listed))
    mask = np.zeros((len(names), len(movie_ids)), dtype=np.bool_)
    row_of = {movie: row for row, movie in enumerate(movie_ids)}
    mask[np.searchsorted(names, listed.to_numpy(dtype="str")), listed.index.map(row_of)] = True
    return Movies(movie_ids, titles, names), mask


def describe_fit(fitted: Fitted, params: TrainingParams) -> dict[str, Any]:
    """Return what a manifest says about how a model was computed."""
    return {"parameters": asdict(params), "libraries": library_versions(), "scalars": fitted.scalars}
