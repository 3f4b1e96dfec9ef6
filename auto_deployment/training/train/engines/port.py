"""What a training asks of that which computes: the parts of a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scipy.sparse import csr_matrix

from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train.choose.choice import Choice
from auto_deployment.training.train.ranking_model import RankingModel
from auto_deployment.training.train.rating_models import RatingModel
from auto_deployment.training.train.trainset import Trainset


@dataclass(frozen=True, slots=True)
class Parts:
    """What was fitted, and how it is weighted; `items` are item-to-item weights (M, M)."""

    ranking: RankingModel
    rating: RatingModel
    items: csr_matrix
    choice: Choice


class Engine(Protocol):
    """Fits the parts. What comes before and after is the same for all: split, lists, evaluation, gate."""

    @property
    def continues(self) -> bool:
        """Tell whether it can go on from another model's weights."""

    def fit_parts(
        self, trainset: Trainset, params: TrainingParams, kind: Kind
    ) -> tuple[Parts, dict[str, Any]]:
        """Return the parts, and what the candidates of their choice were worth; raise `TrainingError`."""

    def describe(self) -> Mapping[str, Any]:
        """Return what the manifest says beside the rest; nothing of the local engine, as ever."""
