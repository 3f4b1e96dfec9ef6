"""The events that a model was trained on."""

import numpy as np
import pandas as pd

from app.artifact import Model
from auto_deployment.dataset.arrays import BoolArray, is_among
from auto_deployment.training.train.trainset import movie_rows


def is_in_training(model: Model, interactions: pd.DataFrame) -> BoolArray:
    """Tell which interactions are among the model's seen (user, movie) pairs."""
    arrays = model.arrays
    movies = len(model.movies.ids)
    known, user_ids = arrays["user_ids"], interactions["user_id"].to_numpy()
    owners = np.repeat(np.arange(len(known)), np.diff(arrays["seen_indptr"]))
    seen = np.sort(owners * movies + arrays["seen_items"])
    users = np.minimum(np.searchsorted(known, user_ids), max(len(known) - 1, 0))
    rows = movie_rows(interactions["movie_id"], model.movies.ids)
    if not len(known):
        return np.zeros(len(rows), dtype=np.bool_)
    is_seen: BoolArray = (known[users] == user_ids) & (rows >= 0) & is_among(users * movies + rows, seen)
    return is_seen
