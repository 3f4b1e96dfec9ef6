"""The numbers of a build that someone may argue about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuildSettings:
    shards: int = 4
    passes: int = 10
    seed: int = 42
    recall_min: float = 0.95
    questions: int = 100
    title_from: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9)
    plain_from: float = 0.5
    slip_from: float = 0.2
    title_from_loss_max: float = 0.001
    year_weight: float = 0.3
    words_weight: float = 2.0
