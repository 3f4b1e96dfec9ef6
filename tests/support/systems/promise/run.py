"""The story under load, and what came of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.systems.load import Load, Outcome
from tests.support.systems.promise.story import CANDIDATES, Chapter, Story
from tests.support.systems.releasing import Releases
from tests.support.systems.seconds import LIMIT_MS, Summary, summarise

CALM_S = 5.0  # before the first chapter and after the last
HEAD = f"{'chapter':<44}{'s':>6}{'requests':>10}{'failed':>8}{'p99 ms':>8}{'worst ms':>10}{'canary':>8}"


@dataclass(frozen=True, slots=True)
class Result:
    """All of a run."""

    chapters: list[Chapter]
    detected_s: Mapping[str, float]
    outcomes: list[Outcome]

    @property
    def summary(self) -> Summary:
        return summarise(self.outcomes)

    def slower(self, limit_ms: float) -> int:
        """Return how many waited longer."""
        return sum(1000 * out.latency_s > limit_ms for out in self.outcomes)

    def is_kept(self, requests: int = 0) -> bool:
        """Tell whether nobody was failed or waited too long, and enough have asked."""
        found = self.summary
        return found.failed == 0 and found.worst_ms <= LIMIT_MS and found.requests >= requests

    def table(self) -> str:
        """Return the table that is printed: one row a chapter, then the rest, then all."""
        rows = [HEAD]
        for one in self.chapters:
            within = [out for out in self.outcomes if one.begin_s <= out.planned_s < one.end_s]
            rows.append(_row(one.title, one.end_s - one.begin_s, summarise(within)))
        last = self.chapters[-1].end_s if self.chapters else 0.0
        if after := [out for out in self.outcomes if out.planned_s >= last]:
            rows.append(_row("afterwards", after[-1].planned_s - last, summarise(after)))
        rows.append(_row("all", max(out.planned_s for out in self.outcomes), self.summary))
        return "\n".join(rows)


def keep_promise(releases: Releases, rate: float, requests: int, tell: Callable[[str], None]) -> Result:
    """Play the story at `rate` requests a second, and go on until there were `requests` in all.

    Raises `BrokenError` when a release ends otherwise than it should, `StackError` when Docker refuses.
    """
    images = {revision: releases.make(revision, fault) for revision, fault in CANDIDATES.items()}
    load = Load(releases.stack.port, rate, 100 * max(requests, 10_000))
    story = Story(releases, images, lambda: load.sent / rate, tell)

    def work() -> None:
        time.sleep(CALM_S)  # the first chapter begins under load
        story.play()
        time.sleep(CALM_S)
        while load.sent < requests:
            time.sleep(0.2)

    async def both() -> None:
        working = asyncio.create_task(asyncio.to_thread(work))
        working.add_done_callback(lambda task: load.stop())
        await load.run()
        await working

    asyncio.run(both())
    return Result(story.chapters, story.detected_s, load.outcomes)


def _row(title: str, seconds: float, found: Summary) -> str:
    share = f"{found.canary_share:.1%}" if found.requests else "-"
    return (
        f"{title:<44}{seconds:>6.0f}{found.requests:>10,}{found.failed:>8}"
        f"{found.p99_ms:>8.0f}{found.worst_ms:>10.0f}{share:>8}"
    )
