"""What an answer may take, as somebody says it: p95<50ms,availability>=99.9%."""

import re
from dataclasses import dataclass

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.load.figures import MEASURES, Figures

AVAILABILITY_MIN = 0.999
LIMIT = re.compile(r"([a-z0-9]+)<=?(\d+(?:\.\d+)?)(ms|s)")
AVAILABILITY = re.compile(r"availability>=?(\d+(?:\.\d+)?)%")


@dataclass(frozen=True, slots=True)
class Limit:
    """One measure of response times, and what it has to stay below."""

    measure: str
    below_ms: float


@dataclass(frozen=True, slots=True)
class Goal:
    """All of its limits hold, or it is missed."""

    limits: tuple[Limit, ...]
    availability_min: float = AVAILABILITY_MIN

    def missed(self, figures: Figures) -> str | None:
        """Say which part is missed, None when all are met. Nothing measured is a miss."""
        if not figures.requests:
            return "nothing was asked"
        if figures.availability < self.availability_min:
            return f"availability {figures.availability:.2%}"
        for limit in self.limits:
            value = figures.of(limit.measure)
            if value is None or value >= limit.below_ms:
                return f"{limit.measure} " + ("unknown" if value is None else f"{value:.1f} ms")
        return None

    def __str__(self) -> str:
        limits = [f"{limit.measure}<{limit.below_ms:g}ms" for limit in self.limits]
        return ",".join([*limits, f"availability>={100 * self.availability_min:g}%"])


def read_goal(text: str) -> Goal:
    """Read a goal; raise `BadInputError` with an example."""
    limits, available = [], None
    for word in text.replace(" ", "").split(","):
        limit, availability = LIMIT.fullmatch(word), AVAILABILITY.fullmatch(word)
        if limit and limit[1] in MEASURES and float(limit[2]) > 0:
            limits.append(Limit(limit[1], float(limit[2]) * (1000 if limit[3] == "s" else 1)))
        elif availability and available is None and 0 < float(availability[1]) <= 100:
            available = float(availability[1]) / 100
        else:
            raise BadInputError(
                f"{word!r} is no goal: use MEASURE<TIME with one of {', '.join(MEASURES)}, "
                "for example p95<50ms,availability>=99.9%"
            )
    if not limits:
        raise BadInputError(f"{text!r} says nothing of response times: add one, for example p95<50ms")
    return Goal(tuple(limits), AVAILABILITY_MIN if available is None else available)
