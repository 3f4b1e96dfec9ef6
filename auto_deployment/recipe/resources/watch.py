"""Look at what is deployed again and again."""

import logging
from collections.abc import Callable

from auto_deployment.host.signals import Stop
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.resources.ports import Deployed, Look
from auto_deployment.recipe.rows import Value

COLUMNS = (
    "time", "seconds", "service", "replicas", "cpu_requested", "cpu_limit", "cpu_used", "memory_requested_mb",
    "memory_limit_mb", "memory_used_mb",
)  # fmt: skip
AWAY_MAX_S = 60.0

log = logging.getLogger(__name__)


def watch(
    deployed: Deployed,
    every_s: float,
    total_s: float | None,
    stop: Stop,
    clock: Callable[[], float],
    tell: Callable[[Look], object],
) -> None:
    """Look until the time is over or somebody stops us; looks come at fixed moments, late ones are left out.

    What is used is known from the second look on, so somebody has looked before. An engine that is away
    for a moment leaves a gap; for longer than a minute, it ends the watch.
    """
    began_s = answered_s = clock()
    due_s = every_s
    while total_s is None or due_s <= total_s + 1e-9:
        if stop.wait(max(0.0, began_s + due_s - clock())):
            return
        try:
            services = deployed.look()
        except RecipeError as error:
            if clock() - answered_s > AWAY_MAX_S:
                raise
            log.warning("%s", error)
        else:
            answered_s = clock()
            tell(Look(answered_s - began_s, services))
        due_s = every_s * (int((clock() - began_s) / every_s) + 1)


def rows(look: Look, time: str) -> list[list[Value]]:
    """Return the values of `COLUMNS` for each service."""
    return [
        [
            time, look.seconds, use.service, use.replicas, use.cpu_requested, use.cpu_limit, use.cpu_used,
            use.memory_requested_mb, use.memory_limit_mb, use.memory_used_mb,
        ]
        for use in look.services
    ]  # fmt: skip
