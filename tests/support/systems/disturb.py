"""One run: the load, and meanwhile all that may happen to containers, one thing after the other."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.systems.containers import DISTURBANCES, Stack
from tests.support.systems.load import Load
from tests.support.systems.seconds import Second
from tests.support.systems.usage import Meter

log = logging.getLogger(__name__)

CALM_S = 3.0  # between two disturbances


@dataclass
class Diary:
    """What was done when; `doing` is what is being done now."""

    doing: str = ""
    done: list[str] = field(default_factory=list)
    seconds: dict[int, Second] = field(default_factory=dict)


def disturb(
    stack: Stack,
    services: Sequence[str],
    diary: Diary,
    is_over: Callable[[], bool] = lambda: False,
    calm_s: float = CALM_S,
) -> None:
    """Do everything to each service in turn, waiting until it is well again."""
    for service in services:
        for name, act in DISTURBANCES.items():
            if is_over():
                return
            diary.doing = f"{name} {service}"
            act(stack, service)
            stack.wait_until_well(service)
            diary.done.append(diary.doing)
            log.info("done: %s", diary.doing)
            diary.doing = ""
            time.sleep(calm_s)


async def under_load(load: Load, diary: Diary, meter: Meter | None, work: Callable[[], None] | None) -> None:
    """Send the load while the work is done in another thread; re-raise what that raises."""

    def tick(second: float) -> None:
        diary.seconds[int(second) - 1] = (diary.doing, meter.now() if meter else {})

    if work is None:
        await load.run(tick)
        return
    working = asyncio.create_task(asyncio.to_thread(work))
    working.add_done_callback(lambda task: load.stop() if not task.cancelled() and task.exception() else None)
    await load.run(tick)
    await working
