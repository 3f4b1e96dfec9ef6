"""The whole search: measure, propose, verify, and show that what is cheaper does not do."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.search.choose import best_of_each, deployments, should_do
from auto_deployment.recipe.search.ports import Bench
from auto_deployment.recipe.search.sweep import Swept, sweep
from auto_deployment.recipe.search.verify import Verified, verify
from auto_deployment.recipe.search.wish import Deployment, Wish

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is proposed, and all that it rests on."""

    wish: Wish
    cores: float
    swept: tuple[Swept, ...]
    best: tuple[Swept, ...]
    verified: tuple[Verified, ...]  # in the order in which they were run
    chosen: Verified
    cheaper: Verified | None  # the next cheaper one, which misses; None when there is none within the bounds


def find(bench: Bench, wish: Wish) -> Recipe:
    """Search; raise `RecipeError` when the goal cannot be shown to be met within the bounds."""
    swept = sweep(bench, wish)
    best = best_of_each(swept)
    known = deployments(best, wish, bench.cores)
    first = next((place for place, one in enumerate(known) if should_do(one, best, wish)), None)
    if first is None:
        raise RecipeError(_out_of_reach(best, wish, bench.cores))
    log.info("%d deployments are known; the first that should do is %s", len(known), known[first])
    chosen, verified = _descend(bench, wish, known, first)
    place = known.index(chosen.deployment)
    cheaper = next((one for one in verified if place and one.deployment == known[place - 1]), None)
    return Recipe(wish, bench.cores, tuple(swept), tuple(best), tuple(verified), chosen, cheaper)


def _descend(
    bench: Bench, wish: Wish, known: Sequence[Deployment], first: int
) -> tuple[Verified, list[Verified]]:
    """Go up in cost until one meets the goal; if the first did, go down until one misses it."""
    verified: list[Verified] = []
    place = first
    while place < len(known):
        verified.append(verify(bench, known[place], wish))
        if verified[-1].missed is None:
            break
        place += 1
    else:
        raise RecipeError(
            f"No deployment within the bounds met {wish.goal} at {wish.rate:g} requests/s under varying "
            f"load; the dearest, {known[-1]}, had {verified[-1].missed}: allow more with --cpus and "
            "--replicas, or ask for less."
        )
    chosen = verified[-1]
    for cheaper in reversed(known[:first]) if place == first else ():
        verified.append(verify(bench, cheaper, wish))
        if verified[-1].missed is not None:
            break
        chosen = verified[-1]
    return chosen, verified


def _out_of_reach(best: Sequence[Swept], wish: Wish, cores: float) -> str:
    if not best:
        return (
            f"No size met {wish.goal} even at the lowest load that was tried: allow more with --cpus, "
            "--workers or --replicas, or ask for less."
        )
    most = max(best, key=lambda one: one.bears(wish.goal))
    return (
        f"{wish.goal} at {wish.rate:g} requests/s is out of reach within the bounds and the {cores:g} cores "
        f"here: one instance of {most.size} bears {most.bears(wish.goal):.0f}/s. Allow more with --cpus and "
        "--replicas, or ask for less."
    )
