"""From a trainset and another model to the arrays of a model: what a fit keeps, and what it goes on with."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array, IndexArray
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.train.choose.choice import describe_choice
from auto_deployment.training.train.continued.factors import continue_als
from auto_deployment.training.train.continued.items import continue_items
from auto_deployment.training.train.continued.parent import Parent
from auto_deployment.training.train.continued.ratings import continue_ratings
from auto_deployment.training.train.continued.rows import taken, users_to_weigh
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.fit import Arrays, Fitted, assemble
from auto_deployment.training.train.rating_models import Rated
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import Trainset


def fit_onwards(
    trainset: Trainset, catalogue: pd.DataFrame, params: TrainingParams, parent: Parent
) -> Fitted:
    """Go on with all parts from the parent's; its choice of weights stays. The same input gives the same.

    Users whose history is what it was, or who were not active lately, keep their weight of items and get no
    stored list: theirs is computed when they ask.
    """
    how = params.train
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(1) as pool:
        rating = pool.submit(continue_ratings, Rated(trainset), parent, how)
        likes = liked(trainset, strength(trainset, how.rating_power))
        ranks = how.als.spectrum_rank, how.items.spectrum_rank
        of_factors, of_items = singular_values(likes, ranks, how.seed)
        ranking = continue_als(likes, of_factors, parent, how)
        items = continue_items(likes, of_items, parent, how)
        parts = Parts(ranking, rating.result(), items, parent.choice)

    def kept(arrays: Arrays) -> tuple[IndexArray, Float32Array]:
        before = taken(parent.model.arrays["user_item"], parent.users)
        return users_to_weigh(trainset, parent, arrays, how.continued.stored_users), before

    fitted = assemble(trainset, catalogue, parts, how, kept)
    return replace(fitted, choice={**describe_choice(parent.choice), "from": parent.model.version})


def describe_start(parent: Parent) -> Mapping[str, Any]:
    """Return what a manifest says about what a model went on from."""
    return {
        "continued": {
            "from": parent.model.version,
            "content_hash": parent.model.content_hash,
            "round": parent.round,
            "new_users": int((parent.users < 0).sum()),
            "new_movies": int((parent.movies < 0).sum()),
            "known_movies": int(np.count_nonzero(parent.movies >= 0)),
        }
    }
