"""What containers use, looked at again and again while load is sent."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from auto_deployment.recipe.compose.engine import Engine
from auto_deployment.recipe.compose.stats import cpu_seconds, memory_mb
from auto_deployment.recipe.errors import RecipeError

LOOK_S = 0.5


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
def sampling(engine: Engine, containers: Sequence[str]) -> Iterator[_Samples]:
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
