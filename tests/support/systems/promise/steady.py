"""One load for a whole story: chapter by chapter, what people met and what NGINX has noted of it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from tests.support.systems.attempts import Line, describe, lasted_ms
from tests.support.systems.load import USERS, Load, Outcome
from tests.support.systems.onlooker import Onlooker
from tests.support.systems.seconds import LIMIT_MS, Summary, summarise
from tests.support.waiting import eventually

Unnoticed = Callable[..., AbstractContextManager[None]]  # a chapter of which nobody may notice anything
ENDLESS = 10_000_000
CLOCKS_DIFFER_S = 1.0
TOLD = 20  # failed requests are told of one by one, but not thousands


@dataclass
class Chapter:
    """A part of the story: who asked meanwhile, and the edge log's lines of them."""

    title: str
    seconds: float = 0.0
    said: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def summary(self) -> Summary:
        return summarise(self.outcomes)

    @property
    def worst_ms(self) -> float:
        """Return the longest time that NGINX took for one of them."""
        return max(map(lasted_ms, self.lines), default=0.0)

    def complaints(self) -> list[str]:
        """Return a line for each request that failed or took NGINX too long, with its attempts."""
        slow = {line["request_id"] for line in self.lines if lasted_ms(line) > LIMIT_MS}
        bad = [one for one in self.outcomes if one.failure or one.request_id in slow]
        told = [describe(one, self.lines) for one in bad[:TOLD]]
        return told + [f"and {len(bad) - TOLD} more"] * (len(bad) > TOLD)


class Steady:
    """People who ask `rate` times a second. What they meet between two chapters belongs to the later one."""

    def __init__(self, onlooker: Onlooker, port: int, rate: float) -> None:
        self._onlooker, self._port, self.rate = onlooker, port, rate
        self._load: Load | None = None
        self._thread = threading.Thread()
        self._outcomes: list[Outcome] = []
        self._began_s, self._seeds = time.time(), 0
        self.chapters: list[Chapter] = []

    @property
    def sent(self) -> int:
        """Return how many requests have left so far."""
        return sum(len(one.outcomes) for one in self.chapters) + (self._load.sent if self._load else 0)

    def go(self, users: int = USERS) -> None:
        """Let people ask from now on; who they are is drawn anew each time."""
        if self._load is not None:
            return
        self._seeds += 1
        load = Load(self._port, self.rate, ENDLESS, seed=self._seeds, users=users)
        self._load = load
        self._thread = threading.Thread(target=lambda: asyncio.run(load.run()))
        self._thread.start()

    def rest(self) -> None:
        """Let nobody ask any more, and wait for the last answers."""
        if self._load is None:
            return
        self._load.stop()
        self._thread.join()
        self._outcomes += self._load.outcomes
        self._load = None

    @contextmanager
    def chapter(self, title: str, users: int = USERS) -> Iterator[Chapter]:
        """Let people ask while the block does something; afterwards the chapter has what they met."""
        if users != USERS:
            self.rest()
        self.go(users)
        chapter, began_s = Chapter(title), time.monotonic()
        try:
            yield chapter
        finally:
            chapter.seconds = time.monotonic() - began_s
            self.rest()
            chapter.outcomes, self._outcomes = self._outcomes, []
            chapter.lines = self._lines_of(chapter.outcomes)
            self.chapters.append(chapter)
            self._began_s = time.time()
            self.go()

    def _lines_of(self, outcomes: list[Outcome]) -> list[Line]:
        """Return the edge log's lines of these requests, once all are there whose answer names them."""
        answered = {one.request_id for one in outcomes if one.request_id}
        unnamed = {str(one.user) for one in outcomes if not one.request_id}

        def found() -> list[Line] | None:
            lines = self._onlooker.edge_lines(self._began_s - CLOCKS_DIFFER_S)
            by_id: dict[str, Line] = {line["request_id"]: line for line in lines}  # read while it turns over
            mine = [one for name, one in by_id.items() if name in answered or one["user"] in unnamed]
            return mine if answered <= by_id.keys() else None

        lines: list[Line] = eventually(lambda: outcomes == [] or found())
        return lines if outcomes else []
