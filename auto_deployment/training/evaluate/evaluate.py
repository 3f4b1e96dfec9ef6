"""One model, measured on what came after its training data."""

from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from app.recommender import Recommender
from auto_deployment.statistics.bootstrap import Bootstrap
from auto_deployment.training.evaluate.groups import Groups
from auto_deployment.training.evaluate.measure_lists import Listed, measure_lists
from auto_deployment.training.evaluate.measure_ratings import RatingErrors, measure_ratings, rating_errors
from auto_deployment.training.evaluate.ranking_task import make_task
from auto_deployment.training.evaluate.recommenders import all_lists
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.train.rating_models import fit_bias
from auto_deployment.training.train.trainset import Trainset


# How a sum is rounded depends on the number of threads.
@threadpool_limits.wrap(limits=1, user_api="blas")  # type: ignore[untyped-decorator]
def evaluate(
    recommender: Recommender,
    trainset: Trainset,
    test: pd.DataFrame,
    users: pd.DataFrame,
    params: TrainingParams,
) -> dict[str, Any]:
    """Measure ratings and lists, for all users and by group; `trainset` is what the model was fitted on.

    Every number is an estimate {value, low, high} with a bootstrap interval over users; None stands where the
    held-out part says nothing.
    """
    how, seed = params.evaluate, params.train.seed
    bootstrap = Bootstrap(how.bootstrap_samples, how.interval_level, seed)
    errors = rating_errors(recommender, fit_bias(trainset, params.train.bias), test)
    task = make_task(recommender, test, params.prepare, how, seed)
    listed = Listed(
        recommender.model.arrays["user_ids"][task.user_rows],
        all_lists(recommender, task.user_rows, how.cutoff, seed),
        task,
        trainset.events_per_movie(),
    )
    ranking = measure_lists(listed, bootstrap)
    return {
        "rating": measure_ratings(errors, bootstrap),
        "ranking": ranking | {"cutoff": how.cutoff, "relevant_unknown_share": task.unknown_share},
        "groups": _by_group(recommender, listed, errors, users, bootstrap),
    }


def _by_group(
    recommender: Recommender, listed: Listed, errors: RatingErrors, users: pd.DataFrame, bootstrap: Bootstrap
) -> dict[str, dict[str, Any]]:
    """Measure each group alone; a way of grouping about which nothing is known is left out."""
    arrays = recommender.model.arrays
    groups = Groups(users, arrays["user_ids"], arrays["user_events"])
    measured = {}
    both = zip(groups.of(listed.user_ids), groups.of(errors.user_ids), strict=True)
    for (kind, of_lists, names), (_, of_ratings, _) in both:
        present = [name for name in names if np.any(of_lists == name) or np.any(of_ratings == name)]
        if present == names[-1:] and kind != "activity":
            continue
        measured[kind] = {
            name: {
                "ranking": measure_lists(listed, bootstrap, of_lists == name),
                "rating": measure_ratings(errors.of(of_ratings == name), bootstrap),
            }
            for name in present
        }
    return measured
