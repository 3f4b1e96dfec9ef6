"""Keeps programs running: what died is started again, later each time."""

import logging
import signal
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from auto_deployment.host.durations import duration
from auto_deployment.local.processes import Child, ProcessError, Program

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # who ran this long starts again with the shortest pause


class Running(Protocol):
    """What the supervisor needs of a child."""

    @property
    def pid(self) -> int: ...
    def weigh(self, nice: int) -> None: ...
    def exit_status(self) -> int | None: ...
    def send(self, number: signal.Signals) -> None: ...
    def ask_to_stop(self) -> None: ...
    def wait(self, timeout_s: float) -> bool: ...
    def kill(self) -> None: ...
    def last_words(self) -> str: ...


class Keeper:
    """One program and the process that is it right now, if any; `restarts` is how often it came back."""

    def __init__(self, program: Program, start: Callable[[Program], Running]) -> None:
        self.program = program
        self.child: Running | None = None
        self.restarts = 0
        self._start = start
        self._pause_s = 1.0
        self._started_at = 0.0
        self._due_at = 0.0

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.exit_status() is None

    def start(self, now: float) -> None:
        self.child, self._started_at = self._start(self.program), now

    def step(self, now: float) -> bool:
        """Start the program again when that is due; return whether it was."""
        if self.child is not None and (status := self.child.exit_status()) is not None:
            if now - self._started_at >= STEADY_S:
                self._pause_s = 1.0
            self._put_off(f"{self.program.name} ended with status {status}", now)
        if self.child is not None or now < self._due_at:
            return False
        try:
            self.start(now)
        except ProcessError as error:
            self._put_off(str(error).rstrip("."), now)
            return False
        self.restarts += 1
        return True

    def _put_off(self, why: str, now: float) -> None:
        pause = duration(self._pause_s)
        log.warning("%s: starting it again in %s, its log is %s", why, pause, self.program.log)
        self.child, self._due_at = None, now + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


class Supervisor:
    """All programs of a run. `on_change` is told the process ids whenever they change."""

    def __init__(
        self,
        on_change: Callable[[Iterable[int]], None],
        start: Callable[[Program], Running] = Child,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keepers: list[Keeper] = []
        self._on_change = on_change
        self._start = start
        self._clock = clock

    def add(self, program: Program, stops_last: bool = False) -> Keeper:
        """Start a program and keep it running from now on; the one added last is stopped first, or last."""
        keeper = Keeper(program, self._start)
        keeper.start(self._clock())
        self.keepers.insert(0 if stops_last else len(self.keepers), keeper)
        self._report()
        return keeper

    def find(self, name: str) -> Keeper | None:
        """Return who keeps a program running, None when nobody does."""
        return next((keeper for keeper in self.keepers if keeper.program.name == name), None)

    def remove(self, name: str, grace_s: float) -> None:
        """Stop a program, hard after the grace, and keep it running no longer."""
        keeper = self.find(name)
        if keeper is None:
            return
        self.keepers.remove(keeper)
        if keeper.child is not None:
            keeper.child.ask_to_stop()
            _wait([keeper.child], grace_s, lambda: False, self._clock)
            keeper.child.kill()
        self._report()

    def step(self) -> None:
        """Look at every program once; start what is due."""
        now = self._clock()
        if any([keeper.step(now) for keeper in self.keepers]):
            self._report()

    def down(self) -> list[str]:
        """Return the names of the programs that do not run."""
        return [keeper.program.name for keeper in self.keepers if not keeper.alive]

    def require_all(self, may_end: Iterable[str] = ()) -> None:
        """Raise `ProcessError` with the last words of a program that has ended, but for those that may."""
        for keeper in self.keepers:
            if keeper.child is not None and not keeper.alive and keeper.program.name not in may_end:
                raise ProcessError(f"{keeper.program.name} does not start: {keeper.child.last_words()}")

    def stop(self, grace_s: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop the last started first, as it asks the others; then whatever still runs, hard."""
        for keeper in reversed(self.keepers):
            if keeper.child is not None:
                keeper.child.ask_to_stop()
                if keeper is self.keepers[-1]:
                    _wait([keeper.child], grace_s, hurry, self._clock)
        children = [keeper.child for keeper in self.keepers if keeper.child is not None]
        _wait(children, grace_s, hurry, self._clock)
        for child in children:
            child.kill()
        self.keepers.clear()
        self._report()

    def _report(self) -> None:
        self._on_change([keeper.child.pid for keeper in self.keepers if keeper.child is not None])


def _wait(
    children: Iterable[Running], grace_s: float, hurry: Callable[[], bool], clock: Callable[[], float]
) -> None:
    deadline = clock() + grace_s
    for child in children:
        while not child.wait(0.1) and clock() < deadline and not hurry():
            pass
