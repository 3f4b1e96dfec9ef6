"""Open-loop load, in which nobody waits for anybody, and closed-loop load, in which each client does."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence

from yarl import URL

from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.reports import Report, Reports
from auto_deployment.recipe.load.sender import Audience, Sender, sender
from auto_deployment.recipe.load.shapes import Step

PAUSE_AFTER_FAILURE_S = 0.05  # a client who is refused would ask as fast as it can


async def open_loop(audience: Audience, windows: Sequence[Sequence[Step]], report: Report) -> None:
    """Send at each step's rate, with exponential gaps, as those who know nothing of one another ask.

    `report` is called for each window once all that was due in it is answered or has failed.
    """
    rng = random.Random(audience.seed)
    gaps = random.Random(audience.seed + 1)  # of its own: who asks must not depend on the rate
    urls = audience.urls(rng)
    async with sender(audience.timeout_s) as asker, Reports(report) as reports:
        due_s = end_s = time.monotonic()
        for number, pieces in enumerate(windows):
            window, running = Window(), set[asyncio.Task[None]]()
            for step in pieces:
                end_s += step.seconds
                while (next_s := due_s + gaps.expovariate(step.level)) < end_s:
                    due_s = next_s
                    await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                    task = asyncio.create_task(asker.ask(next(urls), window, due_s))
                    running.add(task)
                    task.add_done_callback(running.discard)
                due_s = end_s  # gaps without a memory may begin anew anywhere
                window.seconds += step.seconds
            await asyncio.sleep(max(0.0, end_s - time.monotonic()))
            reports.add(number, window, running)


async def closed_loop(audience: Audience, windows: Sequence[Sequence[Step]], report: Report) -> None:
    """Let as many clients as each step says ask again as soon as they are answered."""
    urls = audience.urls(random.Random(audience.seed))
    async with sender(audience.timeout_s) as asker, Reports(report) as reports:
        crowd = _Crowd(asker, urls)
        end_s = time.monotonic()
        for number, pieces in enumerate(windows):
            asked = crowd.begin_window()
            for step in pieces:
                crowd.resize(int(step.level))
                end_s += step.seconds
                await asyncio.sleep(max(0.0, end_s - time.monotonic()))
                crowd.window.seconds += step.seconds
            if number == len(windows) - 1:
                crowd.resize(0)
            reports.add(number, crowd.window, asked)


class _Crowd:
    """Clients that ask on and on; a request is counted in the window in which it began."""

    def __init__(self, asker: Sender, urls: Iterator[URL]) -> None:
        self._asker, self._urls = asker, urls
        self._wanted = 0
        self._clients: dict[int, asyncio.Task[None]] = {}
        self.window = Window()
        self._asked: set[asyncio.Task[None]] = set()

    def begin_window(self) -> set[asyncio.Task[None]]:
        """Count in a new window; return what will hold its requests that are under way."""
        self.window, self._asked = Window(), set()
        return self._asked

    def resize(self, wanted: int) -> None:
        """Let more clients come, or let the last ones go once they are answered."""
        self._wanted = wanted
        for number in range(wanted):
            if number not in self._clients:
                self._clients[number] = asyncio.create_task(self._ask_on(number))

    async def _ask_on(self, number: int) -> None:
        while number < self._wanted:
            window, asked = self.window, self._asked
            failed = window.failed
            task = asyncio.create_task(self._asker.ask(next(self._urls), window, time.monotonic()))
            asked.add(task)
            task.add_done_callback(asked.discard)
            await task
            if window.failed > failed:
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
        self._clients.pop(number, None)
