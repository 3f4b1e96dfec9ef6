"""Looking for better parameters, one at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from tqdm import tqdm

P = TypeVar("P")
Choices = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Stage:
    """What one search tried, in order; a loss is better when it is lower."""

    name: str
    tried: list[dict[str, float]] = field(default_factory=list)


def coordinate_search(start: P, choices: Choices, loss: Callable[[P], float], stage: Stage) -> P:
    """Vary one field of a dataclass at a time, keeping the lowest loss, until a round changes nothing."""
    known: dict[str, float] = {}
    progress: tqdm[Any] = tqdm(desc=stage.name, disable=None)

    def measured(candidate: P) -> float:
        key = repr(candidate)
        if key not in known:
            known[key] = loss(candidate)
            stage.tried.append({name: getattr(candidate, name) for name in choices} | {"loss": known[key]})
            progress.update()
        return known[key]

    best = start
    with progress:
        while True:
            before = best
            for name, values in choices.items():
                best = min([best, *(_changed(best, name, value) for value in values)], key=measured)
            if best == before:
                return best


def _changed(params: P, name: str, value: float) -> P:
    changes: dict[str, Any] = {name: type(getattr(params, name))(value)}
    changed: P = replace(params, **changes)  # type: ignore[type-var]  # every caller hands in a dataclass
    return changed
