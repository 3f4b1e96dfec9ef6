"""Windows are told of in order, each once all that was due in it has ended."""

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from auto_deployment.recipe.load.figures import Window

Report = Callable[[int, Window], object]  # the number of a window, and what it showed


class Reports:
    """Calls `report` without keeping up who sends; the `async with` block ends with the last call.

    What `report` raises is raised at the next window, or at the end.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last: asyncio.Task[None] | None = None

    def add(self, number: int, window: Window, running: Iterable[asyncio.Task[None]]) -> None:
        """Tell of a window as soon as these requests have ended."""
        if self._last is not None and self._last.done():
            self._last.result()
        self._last = asyncio.create_task(self._tell(self._last, number, window, list(running)))

    async def _tell(
        self,
        before: asyncio.Task[None] | None,
        number: int,
        window: Window,
        running: list[asyncio.Task[None]],
    ) -> None:
        await asyncio.gather(*running)
        if before is not None:
            await before
        self._report(number, window)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last is None:
            return
        if kind is not None:
            self._last.cancel()
            await asyncio.gather(self._last, return_exceptions=True)
            return
        await self._last
