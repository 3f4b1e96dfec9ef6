"""What happens while people ask: each chapter does one thing and says how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.systems.containers import StackError, kill
from tests.support.systems.releasing import INSTANCES, Releases
from tests.support.waiting import eventually

SHARE = "0.02"  # of requests that a bad candidate spoils
CANDIDATES: Mapping[str, str] = {
    "good0001": "none",
    "slow0001": "slow",
    "errs0001": f"errs:{SHARE}",
    "kills001": f"kills:{SHARE}",
    "good0002": "none",
}
WITHIN_S = 300.0


class BrokenError(Exception):
    """A chapter ended otherwise than it should; the message says how."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Seconds since the load began."""

    title: str
    begin_s: float
    end_s: float
    said: str


@dataclass
class Story:
    """Everything that is done, in order; `images` are those of `CANDIDATES`, built before anybody asks."""

    releases: Releases
    images: Mapping[str, str]
    clock: Callable[[], float]
    tell: Callable[[str], None]
    chapters: list[Chapter] = field(default_factory=list)
    detected_s: dict[str, float] = field(default_factory=dict)

    def play(self) -> None:
        """Go through it all; raise `BrokenError`."""
        self._chapter("a good candidate", lambda: self._release("good0001", "promoted"))
        self._chapter("a slow candidate (350 ms)", lambda: self._release("slow0001", "aborted"))
        self._chapter("one that errs in 2 %", lambda: self._release("errs0001", "aborted"))
        self._chapter("one that kills its worker in 2 %", lambda: self._release("kills001", "aborted"))
        self._chapter("a good one, the controller killed twice", self._killed_controller)
        for name in INSTANCES:
            self._chapter(f"kill -9 {name}", lambda name=name: self._kill(name))  # type: ignore[misc]
        self._chapter("rollback", self._roll_back)

    def _chapter(self, title: str, act: Callable[[], str]) -> None:
        begin_s = self.clock()
        said = act()
        self.chapters.append(Chapter(title, begin_s, self.clock(), said))
        self.tell(f"{begin_s:6.0f} s  {title}: {said}")

    def _release(self, revision: str, end: str) -> str:
        self._deploy(revision)
        return self._ends(revision, end)

    def _deploy(self, revision: str) -> None:
        self.releases.marquee("deploy", self.images[revision], "--by", "promise")

    def _ends(self, revision: str, end: str) -> str:
        self._wait(lambda: self.releases.phase() in ("promoted", "aborted", "superseded"), end)
        reason = self.releases.newest()["changes"][-1]["reason"]
        if self.releases.phase() != end:
            raise BrokenError(f"{revision} is {self.releases.phase()} instead of {end}: {reason}")
        gone = {"promoted": revision, "aborted": ""}[end]
        self._wait(lambda: self.releases.runs()["canary"] == gone, f"canary {gone or 'gone'}")
        if end == "promoted":
            return f"promoted after {_lasted_s(self.releases.newest(), 'requested'):.0f} s"
        self.detected_s[revision] = _lasted_s(self.releases.newest(), "warming")
        return f"aborted {self.detected_s[revision]:.0f} s after its first request. {reason}"

    def _killed_controller(self) -> str:
        stack = self.releases.stack.stack
        self._deploy("good0002")
        for phase in ("baking", "promoting"):
            self._wait(lambda phase=phase: self.releases.phase() == phase, phase)  # type: ignore[misc]
            kill(stack, "controller")
            stack.wait_until_well("controller")
        return self._ends("good0002", "promoted")

    def _kill(self, name: str) -> str:
        kill(self.releases.stack.stack, name)
        self.releases.stack.stack.wait_until_well(name)
        return "back and healthy"

    def _roll_back(self) -> str:
        before_s = self.clock()
        self.releases.marquee("rollback", "--by", "promise", "--reason", "the promise is tried")
        self._wait(lambda: set(self.releases.runs().values()) == {"good0001"}, "good0001 everywhere")
        self._wait(lambda: self.releases.phase() == "promoted", "promoted")
        return f"good0001 serves everybody after {self.clock() - before_s:.0f} s"

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        def is_so_now() -> bool:
            try:
                return is_so()
            except StackError:
                return False  # replaced, or killed, this very moment

        eventually(is_so_now, WITHIN_S, step_s=0.5, saying=lambda: f"{what}; it is {self.releases.phase()}")


def _lasted_s(release: Mapping[str, Any], begin: str) -> float:
    """Return how long it took from a phase to the end."""
    times = {one["phase"]: datetime.fromisoformat(one["at"]) for one in release["changes"]}
    last = datetime.fromisoformat(release["changes"][-1]["at"])
    return (last - times.get(begin, last)).total_seconds()
