"""From a trainset to the arrays of a model."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from app.artifact import Model, Movies
from app.model_format import ARRAYS, ORDER
from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, IndexArray
from auto_deployment.training.libraries import library_versions
from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train.blend import item_weights, popular_weights, user_weights, with_bias
from auto_deployment.training.train.choose.choice import Choice, describe_choice
from auto_deployment.training.train.engines.local import LOCAL
from auto_deployment.training.train.engines.port import Engine, Parts
from auto_deployment.training.train.popularity import popular_score, recent_popularity
from auto_deployment.training.train.stored_lists import store_lists
from auto_deployment.training.train.strength import faded, strength
from auto_deployment.training.train.trainset import Trainset

Arrays = dict[str, npt.NDArray[Any]]
# Of a model's arrays: the users who are weighed and get a stored list, and everybody's `user_item` before.
Kept = Callable[[Arrays], tuple[IndexArray, Float32Array]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model before it is written: what `app.artifact.save` takes, `details` aside."""

    arrays: Arrays
    movies: Movies
    scalars: Mapping[str, float]
    choice: Mapping[str, Any] = field(default_factory=dict)  # how the parts are weighted, and what was tried

    def as_model(self) -> Model:
        """Return the model as it will be loaded, to be measured before it is written."""
        return Model({"version": "unpublished", "scalars": self.scalars}, self.arrays, self.movies)


def fit(
    trainset: Trainset,
    catalogue: pd.DataFrame,
    params: TrainingParams,
    kind: Kind,
    engine: Engine = LOCAL,
) -> Fitted:
    """Fit all parts, choose their weights, and compute the stored lists; the same input gives the same.

    `kind` is how the training part was cut from the whole, `engine` what computes the parts.
    """
    parts, tried = engine.fit_parts(trainset, params, kind)
    fitted = assemble(trainset, catalogue, parts, params.train)
    return replace(fitted, choice={**describe_choice(parts.choice), "tried": tried})


def assemble(
    trainset: Trainset,
    catalogue: pd.DataFrame,
    parts: Parts,
    params: TrainParams,
    kept: Kept | None = None,
) -> Fitted:
    """Put fitted models into the arrays of `app.model_format`; all users are weighed, or whom `kept` names.

    On one thread, as models are served: how a sum is rounded depends on the number of threads, and for
    products as small as one user's scores most of the time was threads waiting for each other.
    """
    with threadpool_limits(1, "blas"):
        movies, genre_mask = _describe(trainset.movie_ids, catalogue)
        arrays = _arrays(trainset, parts, params) | {"genre_mask": genre_mask}
        scalars = _scalars(parts, params)
        fitted = Fitted(_as_written(arrays), movies, scalars)
        weigh = partial(_weigh, fitted.arrays, parts.choice)
        has_sums = parts.choice.item_weight > 0 and parts.items.nnz > 0
        only = None
        if kept is not None:
            only, fitted.arrays["user_item"] = kept(fitted.arrays)
        if kept is not None or not has_sums:
            weigh(np.arange(len(trainset.user_ids)), None)
        lists = store_lists(fitted.as_model(), trainset, params, weigh if has_sums else None, only)
        return Fitted(_as_written({**fitted.arrays, **lists}), movies, scalars)


def _scalars(parts: Parts, params: TrainParams) -> dict[str, float]:
    choice, ranking = parts.choice, parts.ranking
    scalars = {
        "min_events": choice.min_events,
        "rank_factors": ranking.movie_factors.shape[1],
        "global_mean": parts.rating.mean,
    }
    if choice.own_list_events is not None:
        scalars["own_list_events"] = choice.own_list_events
    if ranking.regularization > 0:
        scalars["als_regularization"] = ranking.regularization
        scalars["als_confidence_gain"] = params.als.confidence_gain
    return scalars


def _arrays(trainset: Trainset, parts: Parts, params: TrainParams) -> Arrays:
    ranking, rating = parts.ranking, parts.rating
    popularity = recent_popularity(trainset, params.popularity)
    weights = faded(strength(trainset, params.rating_power), trainset.age(), parts.choice.half_life)
    return {
        "user_ids": trainset.user_ids,
        "user_events": trainset.events_per_user(),
        "user_factors": np.hstack([ranking.user_factors, rating.user_factors]),
        "user_bias": rating.user_bias,
        "user_list_row": np.full(len(trainset.user_ids), -1),
        "top_items": np.zeros((0, params.lists.length)),
        "seen_indptr": trainset.indptr(),
        "seen_items": trainset.movies,
        "item_factors": np.hstack([ranking.movie_factors, with_bias(rating)[1]]),
        "item_popularity": popularity,
        "popular_order": np.argsort(-popularity, kind="stable"),
        "item_indptr": parts.items.indptr,
        "item_neighbours": parts.items.indices,
        "item_weights": parts.items.data,
        "item_popular_score": popular_score(popularity),
        "seen_strength": weights,
        "user_blend": user_weights(
            ranking, rating, trainset.ratings_per_user(), parts.choice.factor_weight, params
        ),
        "user_item": np.zeros(len(trainset.user_ids)),
        "user_popular": np.zeros(len(trainset.user_ids)),
    }


def _weigh(arrays: Arrays, choice: Choice, rows: IndexArray, sums: Float64Array | None) -> None:
    """Set what items and popularity count for some users, by their sums of item-to-item weights."""
    if sums is not None:
        arrays["user_item"][rows] = item_weights(sums, choice.item_weight)
    is_known = (arrays["user_item"][rows] > 0) | arrays["user_blend"][rows].any(axis=1)
    arrays["user_popular"][rows] = popular_weights(arrays["user_events"][rows], is_known, choice)


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
    return {
        "parameters": asdict(params),
        "libraries": library_versions(),
        "scalars": fitted.scalars,
        "choice": fitted.choice,
    }
