"""The popularity list, for users whose tastes are not known."""

import numpy as np

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.training.params import PopularityParams
from auto_deployment.training.train.trainset import Trainset

DAY_US = 86_400_000_000


def recent_popularity(trainset: Trainset, params: PopularityParams) -> Float32Array:
    """Return each movie's share of recent events, smoothed with its share of all events; shape (M,).

    An event's weight halves every half-life before the newest one. The share of all times counts like
    `smoothing_events` events, so it decides where little happened lately (a Dirichlet prior).
    """
    age_days = (trainset.time_us.max() - trainset.time_us) / DAY_US
    recent = np.bincount(
        trainset.movies, 0.5 ** (age_days / params.half_life_days), minlength=len(trainset.movie_ids)
    )
    share = trainset.events_per_movie() / len(trainset.movies)
    smoothed = recent + params.smoothing_events * share
    popularity: Float32Array = (smoothed / smoothed.sum()).astype(np.float32)
    return popularity


def popular_score(popularity: Float32Array) -> Float32Array:
    """Return what popularity adds to a score, with mean 0 and deviation 1 over the movies, shape (M,).

    The root, since shares themselves are so skewed that a few movies would lead every list.
    """
    root = np.sqrt(popularity.astype(np.float64))
    centred = root - root.mean()
    score: Float32Array = (centred / max(float(root.std()), 1e-9)).astype(np.float32)
    return score
