"""Requests over HTTP, each counted in the window in which it was due."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.target import Target

UNDER_WAY_MAX = 900  # below the 1,024 files that a process may usually open


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks what, by chance but the same for the same seed."""

    targets: Sequence[Target]
    users: tuple[int, int] = (1, 1_000_000)
    weights: Sequence[float] | None = None  # of the targets; all alike without
    seed: int = 1
    timeout_s: float = 10.0

    def urls(self, rng: random.Random) -> Iterator[URL]:
        """Yield addresses without an end."""
        while True:
            several = len(self.targets) > 1
            target = rng.choices(self.targets, self.weights)[0] if several else self.targets[0]
            yield URL(target.url(rng.randint(*self.users)), encoded=True)


class Sender:
    """Asks, and writes down in a window what came of it. Any answer but 200 is a failure."""

    def __init__(self, session: aiohttp.ClientSession, timeout_s: float) -> None:
        self._session, self._timeout_s = session, timeout_s
        self.under_way = 0

    async def ask(self, url: URL, window: Window, due_s: float) -> None:
        """Ask once. The time counts from when it was due, so that a stall is not hidden."""
        window.late_ms.append(1000 * max(0.0, time.monotonic() - due_s))
        if self.under_way >= UNDER_WAY_MAX:
            window.failed += 1
            return
        self.under_way += 1
        try:
            ok = await asyncio.wait_for(self._get(url), self._timeout_s)
        except (aiohttp.ClientError, OSError, TimeoutError):
            ok = False
        finally:
            self.under_way -= 1
        took_s = time.monotonic() - due_s
        window.busy_s += took_s
        if ok:
            window.answered_ms.append(1000 * took_s)
        else:
            window.failed += 1

    async def _get(self, url: URL) -> bool:
        async with self._session.get(url, allow_redirects=False) as answer:
            await answer.read()
            return answer.status == 200


@asynccontextmanager
async def sender(timeout_s: float) -> AsyncIterator[Sender]:
    """Give a sender whose connections are kept, as many as are under way."""
    # Cookies and environment would make one user of all, and a detour of a proxy.
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=3600)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
    ) as session:
        yield Sender(session, timeout_s)
