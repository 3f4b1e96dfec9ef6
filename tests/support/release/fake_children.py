"""Processes for a supervisor that are none, and a clock that they turn while somebody waits."""

from signal import Signals


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeChild:
    """Lives until told otherwise; notes what happens to it."""

    def __init__(self, pid: int, name: str, notes: list[str], clock: FakeClock, stubborn: bool) -> None:
        self.pid, self._name, self._notes, self._clock = pid, name, notes, clock
        self._stubborn = stubborn
        self.status: int | None = None
        self.nice = 0

    def weigh(self, nice: int) -> None:
        self.nice = nice

    def exit_status(self) -> int | None:
        return self.status

    def send(self, number: Signals) -> None:
        self._notes.append(f"{number.name} {self._name}")

    def ask_to_stop(self) -> None:
        self._notes.append(f"ask {self._name}")
        if not self._stubborn:
            self.status = 0

    def wait(self, timeout_s: float) -> bool:
        self._clock.now += timeout_s
        return self.status is not None

    def kill(self) -> None:
        if self.status is None:
            self._notes.append(f"kill {self._name}")
            self.status = -9

    def last_words(self) -> str:
        return "no room left"
