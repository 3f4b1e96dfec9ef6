"""Open-loop load: each request leaves at its moment, whatever became of those before it."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.systems.http import Client, NoAnswerError, Reply

PATIENCE_S = 10.0  # far beyond what a caller waits: how late an answer was is to be known
USERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request. `latency_s` counts from the moment for which it was planned, not from when it left."""

    planned_s: float  # since the load began
    latency_s: float
    user: int
    track: str  # empty without an answer
    failure: str | None
    request_id: str = ""  # as NGINX calls it; empty without an answer


def judge(reply: Reply) -> str | None:
    """Return what is wrong with an answer, None for 20 different titles from an instance."""
    if reply.status != 200:
        return f"status {reply.status}"
    if len(ids := reply.body.split(",")) != 20 or len(set(ids)) != 20:
        return f"not 20 different ids: {reply.body[:80]!r}"
    if reply.headers.get("x-recommendation-source") == "static":
        return "the static list"
    return None


class Load:
    """Sends `count` requests at a steady rate, each for a random user; `outcomes` grows meanwhile.

    With `stall_s` this process may stand still itself: what it has missed is left out, not sent at once.
    """

    patience_s = PATIENCE_S
    stall_s: float | None = None

    def __init__(
        self, port: int, per_s: float, count: int, seed: int = 1, host: str = "127.0.0.1", users: int = USERS
    ) -> None:
        self._client = Client(host, port)
        self._per_s, self._count, self._users = per_s, count, users
        self._rng = random.Random(seed)
        self._stop = False
        self.outcomes: list[Outcome] = []
        self.sent = 0
        self.stood_still_s = 0.0

    def stop(self) -> None:
        """Send no more."""
        self._stop = True

    async def run(self, tick: Callable[[float], None] = lambda second: None) -> None:
        """Send all, and wait for what is under way. `tick` is called about once a second."""
        running: set[asyncio.Task[None]] = set()
        begin_s, next_tick_s = time.monotonic(), 1.0
        while self.sent < self._count and not self._stop:
            now_s = time.monotonic() - begin_s
            late_s = now_s - self.sent / self._per_s
            if self.stall_s is not None and late_s > self.stall_s:
                begin_s, now_s = begin_s + late_s, now_s - late_s
                self.stood_still_s += late_s
            while self.sent < min(self._count, now_s * self._per_s):
                planned_s = self.sent / self._per_s
                task = asyncio.create_task(self._ask(begin_s, planned_s, self._rng.randint(1, self._users)))
                running.add(task)
                task.add_done_callback(running.discard)
                self.sent += 1
            if now_s >= next_tick_s:
                tick(now_s)
                next_tick_s += 1
            await asyncio.sleep(max(0.0005, min(0.01, self.sent / self._per_s - now_s)))
        await asyncio.gather(*running)
        self._client.close()

    async def _ask(self, begin_s: float, planned_s: float, user: int) -> None:
        track, request_id, failure = "", "", None
        try:
            reply = await asyncio.wait_for(self._client.get(f"/recommend/{user}"), self.patience_s)
            track, request_id = (reply.headers.get(name, "") for name in ("x-release-track", "x-request-id"))
            failure = judge(reply)
        except TimeoutError:
            failure = f"no answer within {self.patience_s:.0f} s"
        except (NoAnswerError, OSError) as error:
            failure = str(error)
        latency_s = time.monotonic() - begin_s - planned_s
        self.outcomes.append(Outcome(planned_s, latency_s, user, track, failure, request_id))
