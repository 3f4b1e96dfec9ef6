"""How well ratings are predicted: `svd`, as served with all that is mixed into it, beside its baselines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.recommender import Recommender
from auto_deployment.dataset.arrays import BoolArray, Float64Array, IndexArray, Int64Array
from auto_deployment.statistics.bootstrap import Bootstrap, Resampled, Statistic
from auto_deployment.training.train.rating_models import RatingModel
from auto_deployment.training.train.trainset import movie_rows

MODELS = ("svd", "bias", "constant")


@dataclass(frozen=True, slots=True)
class RatingErrors:
    """Held-out ratings whose user and movie are in training, and by how much each model misses them."""

    user_ids: Int64Array
    errors: Mapping[str, Float64Array]
    pairs: int  # all held-out ratings, also those that no model can predict

    def of(self, here: BoolArray) -> "RatingErrors":
        """Return the errors of some users' pairs."""
        chosen = {name: errors[here] for name, errors in self.errors.items()}
        return RatingErrors(self.user_ids[here], chosen, int(here.sum()))


def rating_errors(recommender: Recommender, bias: RatingModel, test: pd.DataFrame) -> RatingErrors:
    """Predict each held-out rating through the recommender, by the biases alone, and by one constant."""
    rated = test[test["rating"].notna().to_numpy()]
    user_ids = rated["user_id"].to_numpy()
    truth = rated["rating"].to_numpy(dtype=np.float64)
    rows = movie_rows(rated["movie_id"], recommender.movie_ids)
    svd = recommender.predict_rows(user_ids, rows)
    here = ~np.isnan(svd)
    users = np.searchsorted(recommender.model.arrays["user_ids"], user_ids[here])
    errors = {
        "svd": svd[here] - truth[here],
        "bias": bias.predict(users, rows[here]) - truth[here],
        "constant": bias.mean - truth[here],
    }
    return RatingErrors(user_ids[here], errors, len(rated))


def measure_ratings(found: RatingErrors, bootstrap: Bootstrap) -> dict[str, Any]:
    """Return RMSE and MAE of each model on 1-5, and how `svd` differs from the others, with intervals."""
    users, place = np.unique(found.user_ids, return_inverse=True)
    columns = {"pairs": sums_by_user(place, np.ones(len(place)), len(users))}
    for name in MODELS:
        columns[f"{name}_squares"] = sums_by_user(place, found.errors[name] ** 2, len(users))
        columns[f"{name}_absolute"] = sums_by_user(place, np.abs(found.errors[name]), len(users))
    resampled = Resampled(columns, bootstrap)
    measured: dict[str, Any] = {
        "users": len(users),
        "pairs": len(found.user_ids),
        "not_covered_share": 1 - len(found.user_ids) / found.pairs if found.pairs else None,
    }
    for name in MODELS:
        measured[name] = {"rmse": resampled.estimate(rmse(name)), "mae": resampled.estimate(mae(name))}
    for name in MODELS[1:]:
        measured[f"svd_minus_{name}"] = {
            "rmse": resampled.estimate(_difference(rmse("svd"), rmse(name))),
            "mae": resampled.estimate(_difference(mae("svd"), mae(name))),
        }
    return measured


def rmse(name: str) -> Statistic:
    """Return the statistic sqrt(sum of squares / pairs)."""
    return lambda sums: np.sqrt(sums[f"{name}_squares"] / sums["pairs"])


def mae(name: str) -> Statistic:
    """Return the statistic sum of absolute errors / pairs."""
    return lambda sums: sums[f"{name}_absolute"] / sums["pairs"]


def sums_by_user(place: IndexArray, values: Float64Array, users: int) -> Float64Array:
    """Add up values by the place of their user."""
    return np.bincount(place, values, minlength=users).astype(np.float64)


def _difference(one: Statistic, other: Statistic) -> Statistic:
    return lambda sums: one(sums) - other(sums)
