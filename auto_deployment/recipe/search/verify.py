"""A deployment under load that varies, as that of users does."""

import logging
from dataclasses import dataclass

from auto_deployment.recipe.load.figures import Figures, figures
from auto_deployment.recipe.load.shapes import plan
from auto_deployment.recipe.search.ports import Bench, Measured
from auto_deployment.recipe.search.sweep import load_in_time
from auto_deployment.recipe.search.wish import Deployment, Wish

STEPS = 12
PEAK = 0.9  # of the highest level: such steps have to meet the goal, all of them together

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and which part of the goal it missed at its peaks."""

    steps: tuple[Measured, ...]
    peak: Figures
    missed: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A deployment, and its runs: a second one where the first missed the goal, as a host may stall once."""

    deployment: Deployment
    runs: tuple[Run, ...]

    @property
    def missed(self) -> str | None:
        return self.runs[-1].missed


def verify(bench: Bench, deployment: Deployment, wish: Wish) -> Verified:
    """Run the wish's shape with its rate as the highest level."""
    runs: list[Run] = []
    with bench.opened(deployment.size, deployment.replicas) as instances:
        while len(runs) < 2 and (not runs or runs[-1].missed):
            steps = plan(wish.shape, wish.rate, wish.verify_s / STEPS, wish.verify_s, wish.seed + len(runs))
            measured, missed = load_in_time(instances, steps, wish.goal, lambda found: _judge(found, wish)[1])
            runs.append(Run(tuple(measured), _judge(measured, wish)[0], missed))
            log.info("%s under %s: %s", deployment, wish.shape, runs[-1].missed or "meets the goal")
    return Verified(deployment, tuple(runs))


def _judge(measured: list[Measured], wish: Wish) -> tuple[Figures, str | None]:
    """Return what the peaks showed, and what was missed; availability is that of the whole run."""
    peak = figures([one.window for one in measured if one.rate >= PEAK * wish.rate])
    whole = figures([one.window for one in measured])
    missed = wish.goal.missed(peak)
    if missed is None and whole.availability < wish.goal.availability_min:
        missed = f"availability {whole.availability:.2%}"
    return peak, missed
