"""Models with any mixture of the parts of a score, and what the definition says of them."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from app.artifact import Model
from tests.support.models import Size, make_arrays, make_details, make_movies


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a small model with any mixture of its parts."""
    size = Size(
        users=draw(st.integers(1, 5)),
        movies=draw(st.integers(1, 30)),
        rank_factors=2,
        rating_factors=1,
        stored=0,
        seen_per_user=draw(st.integers(0, 6)),
        neighbours=draw(st.integers(0, 12)),
        min_events=0,
    )
    arrays = make_arrays(size, draw(st.integers(0, 9)))
    weights = st.sampled_from([0.0, 0.5, -1.0, 3.0])
    changed = {
        "user_blend": [draw(st.sampled_from([(0, 0), (1, 0.2), (0, 2)])) for _ in range(size.users)],
        "user_item": [draw(weights) for _ in range(size.users)],
        "user_popular": [draw(weights) for _ in range(size.users)],
    }
    arrays |= {name: np.array(values, dtype="f4") for name, values in changed.items()}
    return Model(make_details(size, "1"), arrays, make_movies(size))


def plain_scores(model: Model, row: int) -> npt.NDArray[np.float64]:
    """Score by the definition, in float64."""
    arrays = {
        name: array.astype("f8") if array.dtype == "f4" else array for name, array in model.arrays.items()
    }
    cut, items, user = (
        model.manifest["scalars"]["rank_factors"],
        arrays["item_factors"],
        arrays["user_factors"],
    )
    rank_weight, rating_weight = arrays["user_blend"][row]
    scores = rank_weight * items[:, :cut] @ user[row, :cut]
    scores += rating_weight * (items[:, cut:-1] @ user[row, cut:] + items[:, -1])
    for place in range(*arrays["seen_indptr"][row : row + 2]):
        movie = arrays["seen_items"][place]
        for entry in range(*arrays["item_indptr"][movie : movie + 2]):
            weight = arrays["user_item"][row] * arrays["seen_strength"][place]
            scores[arrays["item_neighbours"][entry]] += weight * arrays["item_weights"][entry]
    scores += arrays["user_popular"][row] * arrays["item_popular_score"]
    return np.asarray(scores)


def dense_weights(model: Model) -> npt.NDArray[np.float32]:
    """Return B in full."""
    arrays = model.arrays
    weights = np.zeros((len(model.movies.ids),) * 2, dtype="f4")
    movies = np.repeat(np.arange(len(weights)), np.diff(arrays["item_indptr"]))
    weights[movies, arrays["item_neighbours"]] = arrays["item_weights"]
    return weights
