"""Containers under load: what answers, and what they use meanwhile."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException

from auto_deployment.recipe.compose.engine import Engine
from auto_deployment.recipe.compose.stats import cpu_seconds, memory_mb
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.run import send
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.load.target import Target
from auto_deployment.recipe.search.ports import Measured

LOOK_S = 0.5
READY_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a container answers, without the proxy of published ports."""

    container: str
    host: str
    port: int

    def target(self, path: str) -> Target:
        return Target(f"http://{self.host}:{self.port}{path}")


def is_ready(address: Address, path: str) -> bool:
    """Ask once whether a service takes requests."""
    connection = HTTPConnection(address.host, address.port, timeout=READY_TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class ContainerInstances:
    """Shares out load and looks at the engine's statistics beside it."""

    engine: Engine
    addresses: Sequence[Address]
    audience: Audience
    shares: Sequence[float]
    path: str

    def load(self, steps: Sequence[Step]) -> list[Measured]:
        """Send each step's rate over all instances together."""
        targets = [address.target(self.path) for address in self.addresses]
        audience = replace(self.audience, targets=targets, weights=self.shares or None)
        windows: list[Window] = []
        names = [address.container for address in self.addresses]
        with _sampling(self.engine, names) as samples:
            began_s = time.monotonic()
            send(audience, [[step] for step in steps], False, lambda number, window: windows.append(window))
        found = []
        for step, window in zip(steps, windows, strict=True):
            ended_s = began_s + step.seconds
            cores, memory = samples.between(began_s, ended_s)
            found.append(Measured(step.level, window, cores, memory))
            began_s = ended_s
        return found


@dataclass(slots=True)
class _Samples:
    """CPU seconds of all containers, and the memory of the largest, at moments."""

    moments_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def between(self, begin_s: float, end_s: float) -> tuple[float | None, float | None]:
        """Return cores on average, and the highest memory; None for a stretch with too few looks."""
        first = max(0, bisect_left(self.moments_s, begin_s) - 1)
        last = min(len(self.moments_s) - 1, bisect_left(self.moments_s, end_s))
        if last <= first:
            return None, None
        cores = (self.cpu_s[last] - self.cpu_s[first]) / (self.moments_s[last] - self.moments_s[first])
        return max(0.0, cores), max(self.memory_mb[first : last + 1])


@contextmanager
def _sampling(engine: Engine, containers: Sequence[str]) -> Iterator[_Samples]:
    """Look at containers until the block ends. A look that fails is left out: load tells what is away."""
    samples, done = _Samples(), threading.Event()

    def look_on() -> None:
        ended = False
        while not ended:
            ended = done.wait(LOOK_S) if samples.moments_s else False
            try:
                found = [engine.stats(name) for name in containers]
            except RecipeError:
                ended = ended or done.wait(LOOK_S)
                continue
            samples.moments_s.append(time.monotonic())
            samples.cpu_s.append(sum(cpu_seconds(one) or 0.0 for one in found))
            samples.memory_mb.append(max(memory_mb(one) for one in found))

    thread = threading.Thread(target=look_on, name="sampling", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()
