"""The systems whose lists are compared: the served blend, its parts, and baselines."""

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from app.recommender import Recommender
from auto_deployment.dataset.arrays import Float32Array, IndexArray, Int32Array
from auto_deployment.training.train.scorer import Scorer
from auto_deployment.training.train.top_lists import best_rows, for_each_block, hide_seen

SERVED, ALS, ITEMS, SVD = "blend", "als", "items", "svd"
POPULARITY, COUNT, RANDOM = "popularity", "count", "random"

Scores = Callable[
    [IndexArray], Float32Array
]  # user rows -> scores of all movies, (rows, M), to be written to


def all_lists(recommender: Recommender, rows: IndexArray, n: int, seed: int) -> dict[str, Int32Array]:
    """Return the lists (rows, n) of each system, none with a training movie of its user.

    `blend` and `popularity` come from the recommender as they are served. `als`, `items` and `svd` are what
    would be served with that part alone: users with few events get popularity there too. `items` is missing
    of a model without item-to-item weights. `count` is popularity by the plain number of training events.
    """
    scored = {
        name: scored_lists(recommender, rows, n, scorer)
        for name, scorer in _scorers(recommender, seed).items()
    }
    popular = popular_lists(recommender, rows, n)
    least = recommender.model.manifest["scalars"]["min_events"]
    has_few = recommender.model.arrays["user_events"][rows] < least
    parts = {name: scored[name] for name in (ALS, ITEMS, SVD) if name in scored}
    for lists in parts.values():
        lists[has_few] = popular[has_few]
    return {
        SERVED: served_lists(recommender, rows, n),
        **parts,
        POPULARITY: popular,
        COUNT: scored[COUNT],
        RANDOM: scored[RANDOM],
    }


def _scorers(recommender: Recommender, seed: int) -> dict[str, Scores]:
    arrays = recommender.model.arrays
    cut = int(recommender.model.manifest["scalars"]["rank_factors"])
    users, movies = arrays["user_factors"], arrays["item_factors"]
    count = np.bincount(arrays["seen_items"], minlength=len(movies)).astype(np.float32)

    def chance(some: IndexArray) -> Float32Array:
        # By block, which may come in any order.
        rng = np.random.default_rng((seed, int(some[0])))
        return rng.random((len(some), len(movies)), dtype=np.float32)

    scorer = Scorer(recommender.model)
    # Without weights all scores are equal: the order would be that of the rows, which says nothing.
    items: dict[str, Scores] = (
        {ITEMS: lambda some: scorer.sums(some).astype(np.float32)} if len(arrays["item_weights"]) else {}
    )
    return {
        ALS: lambda some: users[some, :cut] @ movies[:, :cut].T,
        **items,
        SVD: lambda some: users[some, cut:] @ movies[:, cut:-1].T + movies[:, -1],
        COUNT: lambda some: np.tile(count, (len(some), 1)),
        RANDOM: chance,
    }


def served_lists(recommender: Recommender, rows: IndexArray, n: int) -> Int32Array:
    """Return what the service would answer."""
    ids = recommender.model.arrays["user_ids"][rows].tolist()
    with threadpool_limits(1, "blas"):  # as it is served; more threads would mostly wait for each other
        return padded([recommender.recommend(user, n).rows for user in ids], n)


def popular_lists(recommender: Recommender, rows: IndexArray, n: int) -> Int32Array:
    """Return the popularity list of each user, as the service gives it to users with few events."""
    return padded([recommender.popular(n, user_row=row).rows for row in rows.tolist()], n)


def scored_lists(recommender: Recommender, rows: IndexArray, n: int, scorer: Scores) -> Int32Array:
    """Return the n best unseen movies by any scores."""
    arrays = recommender.model.arrays
    lists = np.full((len(rows), n), -1, dtype=np.int32)

    def choose(place: slice, some: IndexArray) -> None:
        scores = scorer(some)
        hide_seen(scores, some, arrays["seen_indptr"], arrays["seen_items"])
        best = best_rows(scores, n)
        lists[place, : best.shape[1]] = best

    for_each_block(rows, choose, "measured lists")
    return lists


def padded(lists: list[list[int]], n: int) -> Int32Array:
    """Return lists (len(lists), n), -1 where one is short."""
    return np.array([rows + [-1] * (n - len(rows)) for rows in lists], dtype=np.int32).reshape(-1, n)
