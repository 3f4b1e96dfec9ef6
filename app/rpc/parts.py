"""What an instance is made of, built once before its processes are forked."""

from dataclasses import dataclass, replace

from app.config import Settings
from app.factory import impressions_of, lists_of
from app.impressions.log import ImpressionLog
from app.rpc.metrics import RpcMetrics
from app.rpc.models import Models, NamedModel
from app.serving import ModelSlot, wait_for_model


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that a worker needs; a fork has its own of each."""

    settings: Settings
    models: Models
    metrics: RpcMetrics
    impressions: ImpressionLog | None


def build(settings: Settings) -> Parts:
    """Load the models; raise `ArtifactError` when one cannot be used."""
    metrics = RpcMetrics(settings)
    named = settings.named_models
    for _, folder in named:
        wait_for_model(folder, settings.model_wait_s)
    models = [
        NamedModel(name, ModelSlot(replace(settings, model_dir=folder)), lists)
        for (name, folder), lists in zip(named, lists_of(settings, metrics, len(named)), strict=True)
    ]
    return Parts(settings, Models(models), metrics, impressions_of(settings, metrics))
