"""Deployments in the order of their cost, and which of them should do."""

from collections.abc import Sequence
from dataclasses import replace

from auto_deployment.recipe.search.sweep import Swept
from auto_deployment.recipe.search.wish import Deployment, Wish, cost, memory_limit


def best_of_each(swept: Sequence[Swept]) -> list[Swept]:
    """Return for each number of cores the size that bears most; of equals the one with less memory."""
    best: dict[float, Swept] = {}
    for one in swept:
        other = best.get(one.size.cpu)
        if one.memory_mb is not None and one.held and (other is None or _better(one, other)):
            best[one.size.cpu] = one
    return list(best.values())


def _better(one: Swept, other: Swept) -> bool:
    return (one.held, -(one.memory_mb or 0)) > (other.held, -(other.memory_mb or 0))


def deployments(best: Sequence[Swept], wish: Wish, cores: float) -> list[Deployment]:
    """Return what fits into the cores there are, cheapest first: more could not be measured here."""
    found = []
    for one in best:
        size = replace(one.size, memory_mb=memory_limit(one.memory_mb or 0))
        found += [
            Deployment(size, count, cost(size, count, wish.prices))
            for count in wish.replicas()
            if count * size.cpu <= cores
        ]
    return sorted(found, key=lambda one: (one.cost, one.replicas, one.size.cpu))


def should_do(deployment: Deployment, best: Sequence[Swept], wish: Wish) -> bool:
    """Tell whether an instance bears its part, by what was measured of one."""
    bears = next(one.bears(wish.goal) for one in best if one.size.cpu == deployment.size.cpu)
    return bears >= wish.of_one(deployment.replicas)
