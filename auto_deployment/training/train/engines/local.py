"""The engine that needs nothing but this machine."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train.beside import beside
from auto_deployment.training.train.choose.choose import choose
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.item_model import fit_items
from auto_deployment.training.train.ranking_model import fit_als
from auto_deployment.training.train.rating_models import Rated, RatingModel
from auto_deployment.training.train.served_ratings import fit_ratings
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import Trainset

FIT_BESIDE = 100_000  # ratings; with fewer, a process of its own starts for longer than SVD takes


class LocalEngine:
    """Implicit, LAPACK and Surprise, on the processors of this machine."""

    continues = True

    def fit_parts(
        self, trainset: Trainset, params: TrainingParams, kind: Kind
    ) -> tuple[Parts, dict[str, Any]]:
        how = params.train
        with (
            threadpool_limits(1, "blas"),
            _rating_beside(trainset, how) as rating,
            ThreadPoolExecutor(1) as pool,
        ):
            # In a thread, as it has the same arrays; most of the time neither holds the interpreter's lock.
            chosen = pool.submit(choose, trainset, kind, params.prepare, how)
            likes = liked(trainset, strength(trainset, how.rating_power))
            ranks = how.als.spectrum_rank, how.items.spectrum_rank
            of_factors, of_items = singular_values(likes, ranks, how.seed)
            ranking = fit_als(likes, of_factors, how.als, how.seed)
            items = fit_items(likes, of_items, how.items)
            choice, tried = chosen.result()
            return Parts(ranking, rating(), items, choice), tried

    def describe(self) -> Mapping[str, Any]:
        return {}


LOCAL = LocalEngine()


@contextmanager
def _rating_beside(trainset: Trainset, params: TrainParams) -> Iterator[Callable[[], RatingModel]]:
    """Fit the ratings in another process meanwhile, few of them here; yield what waits for the result."""
    rated = Rated(trainset)
    if len(rated.rating) < FIT_BESIDE:
        fitted = fit_ratings(rated, params)
        yield lambda: fitted
        return
    with beside(fit_ratings, rated, params) as result:
        yield result
