"""A plot as a table: who has no script, or does not see, reads it; the script draws it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.mail.format import number

DASH = "\u2013"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is drawn and as it is read."""

    value: float | None

    @property
    def text(self) -> str:
        return DASH if self.value is None else number(self.value)


@dataclass(frozen=True, slots=True)
class Plot:
    """`names` are the series', a row is a moment with a value of each; `said` stands there instead of it."""

    title: str
    unit: str
    names: Sequence[str] = ()
    rows: Sequence[tuple[datetime, Sequence[Cell]]] = ()
    said: str = ""


def plot(
    title: str, unit: str, times: Iterable[datetime], series: Mapping[str, Sequence[float | None]]
) -> Plot:
    """Return a plot of series that have a value at each of these times, or none (None, NaN, infinite)."""
    rows = [
        (time, [Cell(_finite(one)) for one in values])
        for time, *values in zip(times, *series.values(), strict=True)
    ]
    return Plot(title, unit, tuple(series), rows)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
