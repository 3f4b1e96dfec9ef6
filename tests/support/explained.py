"""Generated models whose ranking factors are fitted to the histories, as training fits them."""

from pathlib import Path

import numpy as np

from app.artifact import Model, save
from tests.support.models import Size, make_arrays, make_details, make_movies, store_lists

GAIN, REGULARIZATION = 10.0, 0.5


def fitted_model(
    size: Size, half_life: float | None = None, version: str = "20261101T0000-00000000", spread: float = 0.0
) -> Model:
    """Return a model in memory; the movies' factors are random, each user's solve the equations of ALS.

    Two that differ in `spread`, the deviation of what is added to the movies' factors, differ a little.
    """
    arrays = make_arrays(size)
    noise = np.random.default_rng(3).normal(0, spread, arrays["item_factors"].shape)
    arrays["item_factors"] = (arrays["item_factors"] + noise).astype("f4")
    rng = np.random.default_rng(2)
    shape = (size.users, size.seen_per_user)
    history = np.argsort(rng.random((size.users, size.movies)), axis=1)[:, : size.seen_per_user]
    strength = rng.choice(np.array([0.05, 0.18, 0.5, 1.0]), shape)
    arrays["seen_items"] = history.ravel().astype("i4")
    cut = size.rank_factors
    movies = arrays["item_factors"][:, :cut].astype("f8")
    for user in range(size.users):
        confidence = GAIN * strength[user]
        liked = confidence >= 1
        own, c = movies[history[user][liked]], confidence[liked]
        gram = movies.T @ movies + (own.T * (c - 1)) @ own + REGULARIZATION * np.eye(cut)
        arrays["user_factors"][user, :cut] = np.linalg.solve(gram, own.T @ c)
    age = np.arange(size.seen_per_user)[::-1]
    faded = strength if half_life is None else strength * 0.5 ** (age / half_life)
    arrays["seen_strength"] = faded.ravel().astype("f4")
    arrays["user_blend"] = np.tile(np.array([5.0, 0.2], dtype="f4"), (size.users, 1))
    arrays["user_list_row"] = np.full(size.users, -1, dtype="i4")
    details = dict(make_details(size, version))
    details["scalars"] = {
        **details["scalars"],
        "als_confidence_gain": GAIN,
        "als_regularization": REGULARIZATION,
    }
    details["choice"] = {"half_life": half_life, "popular_weights": {}}
    return Model(details, arrays, make_movies(size))


def write_fitted(folder: Path, size: Size, version: str, spread: float = 0.0) -> None:
    """Write such a model with stored lists."""
    model = fitted_model(size, version=version, spread=spread)
    model.arrays["user_list_row"][: size.stored] = np.arange(size.stored)
    store_lists(model, size)
    save(folder, model.arrays, model.movies, model.manifest)
