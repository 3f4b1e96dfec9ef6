"""What an instance is made of, built once before its processes are forked."""

from dataclasses import dataclass

from app.config import Settings
from app.factory import impressions_of, lists_of
from app.impressions.log import ImpressionLog
from app.models.named import Models, open_slots, wait_for_models
from app.rpc.metrics import RpcMetrics
from app.rpc.models import RpcModels


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that a worker needs; a fork has its own of each."""

    settings: Settings
    models: RpcModels
    metrics: RpcMetrics
    impressions: ImpressionLog | None


def build(settings: Settings) -> Parts:
    """Load the models; raise `ArtifactError` when none can be used."""
    wait_for_models(settings)
    slots = open_slots(settings)
    metrics = RpcMetrics(settings)
    models = Models(slots, lists_of(settings, metrics, len(slots)))
    return Parts(settings, RpcModels(models), metrics, impressions_of(settings, metrics))
