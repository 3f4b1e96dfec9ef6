"""The engine: each part by Spark, in arrays of the same meaning as the local engine's."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

from threadpoolctl import threadpool_limits

from auto_deployment.training.params import SparkParams, TrainingParams
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train import served_ratings
from auto_deployment.training.train.choose.choose import choose
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.engines.spark.factors import fit_factors
from auto_deployment.training.train.engines.spark.items import fit_items
from auto_deployment.training.train.engines.spark.ratings import fit_ratings
from auto_deployment.training.train.engines.spark.session import Cluster, connected
from auto_deployment.training.train.rating_models import Rated
from auto_deployment.training.train.strength import liked, strength
from auto_deployment.training.train.trainset import Trainset


class SparkEngine:
    """Fits on a cluster. How parts are weighted is chosen here: by models of a bounded sample of users."""

    continues = False

    def __init__(self, cluster: Cluster, params: SparkParams) -> None:
        self._cluster, self._params = cluster, params

    def fit_parts(
        self, trainset: Trainset, params: TrainingParams, kind: Kind
    ) -> tuple[Parts, dict[str, Any]]:
        how, spark = params.train, self._params
        likes = liked(trainset, strength(trainset, how.rating_power))
        blocks = max(1, -(-len(trainset.users) // spark.block_events))
        with connected(self._cluster, spark, blocks) as jobs:
            ranking = fit_factors(jobs, likes, how.als, spark, how.seed)
            items = fit_items(jobs, likes, how.items, spark, how.seed)
            rated = Rated(trainset)
            is_many = len(rated.rating) > spark.ratings.above
            rating = fit_ratings(jobs, rated, how.bias, spark, how.seed) if is_many else None
        with threadpool_limits(1, "blas"):
            rating = rating or served_ratings.fit_ratings(rated, how)
            choice, tried = choose(trainset, kind, params.prepare, how)
        return Parts(ranking, rating, items, choice), tried

    def describe(self) -> Mapping[str, Any]:
        return {
            "engine": {
                "name": "spark",
                "pyspark": metadata.version("pyspark"),
                "parameters": asdict(self._params),
            }
        }
