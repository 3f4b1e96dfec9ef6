"""A candidate as valid as the model it is made of, whose lists are random among unwatched titles."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.artifact import Model, load, save
from app.model_format import without_item_part
from app.recommender import Recommender
from app.scoring.ordering import best

WRITTEN_BY_SAVE = ("format", "files", "content_hash", "seal")


def make_random(model_dir: Path, folder: Path, version: str, seed: int = 1) -> Model:
    """Write a model with the users, titles and history of another one, and open it.

    Its scores are drawn for each user, and its stored lists are what they say: an answer is random however it
    comes about. Who has too few events still gets the popular list. Raises `ArtifactError` as `save` does.
    """
    model = load(model_dir)
    rng = np.random.default_rng(seed)
    factors = model.arrays["user_factors"].shape[1]
    items = rng.normal(size=model.arrays["item_factors"].shape).astype("f4")
    items[:, -1] = 0
    items /= np.linalg.norm(items, axis=1, keepdims=True)  # a long one would be on top of everybody's list
    own = {
        **model.arrays,
        "user_factors": rng.normal(size=model.arrays["user_factors"].shape).astype("f4"),
        "user_blend": np.tile(np.array([1, 0], "f4"), (len(model.arrays["user_ids"]), 1)),
        "item_factors": items,
    }
    arrays = {**own, **without_item_part(own)}
    details = {name: value for name, value in model.manifest.items() if name not in WRITTEN_BY_SAVE}
    details |= {"version": version, "scalars": {**details["scalars"], "rank_factors": factors}}
    recommender = Recommender(Model(details, arrays, model.movies))
    stored: npt.NDArray[np.int32] = np.full_like(model.arrays["top_items"], -1)
    arrays["top_items"] = stored
    for user, row in enumerate(model.arrays["user_list_row"].tolist()):
        if row >= 0:
            chosen = best(recommender.scores(user), stored.shape[1])
            stored[row, : len(chosen)] = chosen
    save(folder, arrays, model.movies, details)
    return load(folder)
