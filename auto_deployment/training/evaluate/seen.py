"""The events that a model was trained on."""

import numpy as np
import pandas as pd

from app.artifact import Model
from auto_deployment.dataset.arrays import BoolArray
from auto_deployment.training.train.trainset import movie_rows


def is_in_training(model: Model, interactions: pd.DataFrame) -> BoolArray:
    """Tell which interactions are among the model's seen (user, movie) pairs."""
    arrays = model.arrays
    movies = len(model.movies.ids)
    seen_users = np.repeat(np.arange(len(arrays["user_ids"])), np.diff(arrays["seen_indptr"]))
    seen = seen_users * movies + arrays["seen_items"]
    users = pd.Index(arrays["user_ids"]).get_indexer(pd.Index(interactions["user_id"]))
    rows = movie_rows(interactions["movie_id"], model.movies.ids)
    is_seen: BoolArray = (users >= 0) & (rows >= 0) & np.isin(users.astype(np.int64) * movies + rows, seen)
    return is_seen
