"""What pods use, by the metrics API: means of some seconds, which are told a few seconds later."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.namespace import metrics
from auto_deployment.recipe.kubernetes.pods import Use, uses

LOOK_S = 3.0
WITHIN = 0.8  # of the time that a value is the mean of: so much of it has to lie in a stretch to count for it


@dataclass(slots=True)
class PodSamples:
    """All that was told of some pods, at moments in seconds since 1970."""

    pods: frozenset[str]
    found: dict[tuple[str, float], Use] = field(default_factory=dict)
    offset_s: float = field(default_factory=lambda: time.time() - time.monotonic())

    def add(self, used: Sequence[Use]) -> None:
        self.found |= {(one.pod, one.until_s): one for one in used if one.pod in self.pods}

    def between(self, begin_s: float, end_s: float) -> tuple[float | None, float | None]:
        """Return cores of all pods on average, None where one pod has no value in it; and MB.

        Memory is that of the largest at its highest until then: it grows, and values are rare.
        """
        begin_s, end_s = begin_s + self.offset_s, end_s + self.offset_s
        cores: dict[str, list[float]] = {pod: [] for pod in self.pods}
        for one in self.found.values():
            inside_s = min(end_s, one.until_s) - max(begin_s, one.until_s - one.window_s)
            if one.window_s and inside_s >= WITHIN * one.window_s:
                cores[one.pod].append(one.cores)
        known = all(cores.values())
        memory = [one.memory_mb for one in self.found.values() if one.until_s <= end_s + one.window_s]
        total = sum(sum(values) / len(values) for values in cores.values()) if known else None
        return total, max(memory, default=None)


@contextmanager
def sampling(kubectl: Kubectl, pods: Sequence[str], container: str) -> Iterator[PodSamples]:
    """Look at pods until the block ends. A look that fails is left out: load tells what is away."""
    samples, done = PodSamples(frozenset(pods)), threading.Event()

    def look() -> None:
        try:
            samples.add(uses(kubectl.raw(metrics(kubectl.namespace))["items"], container))
        except RecipeError:
            return

    def look_on() -> None:
        while not done.wait(LOOK_S):
            look()

    look()
    thread = threading.Thread(target=look_on, name="sampling", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()
        look()
