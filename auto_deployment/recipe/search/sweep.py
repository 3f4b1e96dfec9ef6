"""One instance of each size at growing load, until it misses the goal."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.goal import Goal
from auto_deployment.recipe.load.figures import Window, figures
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.search.curve import Curve, fit
from auto_deployment.recipe.search.ports import Bench, Instances, Measured, Size
from auto_deployment.recipe.search.wish import Wish

GROWTH = 1.35
BELOW, ABOVE = 0.5, 1.05  # times the lowest and the highest rate that is asked of an instance
STEADY = 0.95  # of what was sent: with fewer answers a queue grows, and its times mean nothing
TRIES = 3
LATE_SHARE = 0.5  # of the goal: a sender that is later measures itself

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """One level of load, and which part of the goal it missed."""

    measured: Measured
    missed: str | None


@dataclass(frozen=True, slots=True)
class Swept:
    """A size, and all levels that it was measured at, in order."""

    size: Size
    points: tuple[Point, ...]

    @property
    def held(self) -> float:
        """The highest rate that met the goal, 0 when none did."""
        return max((one.measured.rate for one in self.points if one.missed is None), default=0.0)

    @property
    def memory_mb(self) -> float | None:
        known = [one.measured.memory_mb for one in self.points if one.measured.memory_mb is not None]
        return max(known, default=None)

    def curve(self, measure: str) -> Curve | None:
        """Fit a measure to the levels at which the instance kept up."""
        steady = [one.measured for one in self.points if keeps_up(one.measured)]
        found = [(one.rate, ms) for one in steady if (ms := one.figures.of(measure)) is not None and ms > 0]
        return fit(found)

    def bears(self, goal: Goal) -> float:
        """Return the rate up to which the goal is met: fitted, but within what was measured."""
        missed = [one.measured.rate for one in self.points if one.missed is not None]
        bound = min([one for one in missed if one > self.held], default=self.held)
        for limit in goal.limits:
            curve = self.curve(limit.measure)
            bound = min(bound, self.held if curve is None else curve.rate_below(limit.below_ms))
        return max(self.held, bound) if self.held else 0.0


def keeps_up(measured: Measured) -> bool:
    return measured.figures.rate_per_min / 60 >= STEADY * measured.rate * measured.figures.availability


def levels(wish: Wish) -> list[float]:
    """Return rates of one instance, from below the lowest that is needed to the highest."""
    needed = [wish.of_one(count) for count in wish.replicas()]
    low, high = BELOW * min(needed), ABOVE * max(needed)
    found = [low]
    while found[-1] * GROWTH < high:
        found.append(found[-1] * GROWTH)
    return [*found, high]


def sweep(bench: Bench, wish: Wish) -> list[Swept]:
    """Measure every size; of those with equally many cores the best is measured at all levels.

    A size that does not bear what another one of the same cores did is left at that.
    """
    rates = levels(wish)
    swept = []
    for cpu in wish.bounds.cpus:
        if cpu > bench.cores:
            log.info("%g CPU are left out: there are %g", cpu, bench.cores)
            continue
        best: Swept | None = None
        for workers, threads in product(wish.bounds.workers, wish.bounds.threads):
            found = _sweep_one(bench, wish, Size(cpu, workers, threads), rates, best)
            swept.append(found)
            best = found if best is None or found.held > best.held else best
    return swept


def _sweep_one(bench: Bench, wish: Wish, size: Size, rates: Sequence[float], best: Swept | None) -> Swept:
    begin = rates.index(best.held) if best and best.held else 0
    with bench.opened(size, 1) as instances:
        points = _climb(instances, wish, size, rates[begin:])
        if points and points[0].missed is None and (best is None or points[-1].measured.rate > best.held):
            points = _climb(instances, wish, size, rates[:begin]) + points
    return Swept(size, tuple(points))


def _climb(instances: Instances, wish: Wish, size: Size, rates: Sequence[float]) -> list[Point]:
    """Raise the load until the goal is missed twice in a row: once may be a stall of the host."""
    points: list[Point] = []
    for rate in rates:
        for _ in range(2):
            (measured,), missed = load_in_time(
                instances,
                [Step(wish.step_s, rate)],
                wish.goal,
                lambda found: wish.goal.missed(found[0].figures),
            )
            log.info("%s: %.0f/s %s", size, rate, missed or "meets the goal")
            if missed is None:
                break
        points.append(Point(measured, missed))
        if missed is not None:
            break
    return points


def load_in_time(
    instances: Instances, steps: Sequence[Step], goal: Goal, miss: Callable[[list[Measured]], str | None]
) -> tuple[list[Measured], str | None]:
    """Send load; return what it showed, and which part of the goal was missed.

    Times count from when a request was due, so a goal that a late sender saw met is met. One that it saw
    missed is tried again: the sender was measured instead of the service. Raises `RecipeError` when it is
    late each time.
    """
    for _ in range(TRIES):
        measured = instances.load(steps)
        if (missed := miss(measured)) is None or not (late := _late(measured, goal)):
            return measured, missed
        log.warning("%s, but the sender was late: %s", missed, late)
    raise RecipeError(
        f"This host could not send {max(step.level for step in steps):.0f} requests/s in time ({late}, "
        f"{TRIES} times), so nothing is proposed: stop what else runs here, or lower --rate."
    )


def _late(measured: list[Measured], goal: Goal) -> str | None:
    """Say by how much the sender was late, where that is enough to miss a goal that is met."""
    late = figures([Window(answered_ms=one.window.late_ms) for one in measured])
    for limit in goal.limits:
        value = late.of(limit.measure)
        if value is not None and value > LATE_SHARE * limit.below_ms:
            return f"{limit.measure} {value:.0f} ms late"
    return None
