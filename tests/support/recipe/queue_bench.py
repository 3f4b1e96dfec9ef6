"""A bench of made-up queues: what an instance bears follows from its size, and so what is cheapest."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.search.ports import Measured, Size

REQUESTS = 400  # of a window, at quantiles
MEMORY_MB, A_WORKER_MB = 100.0, 40.0


@dataclass
class QueueBench:
    """M/M/1 queues of which a core serves `per_core` requests a second, in any number of workers.

    `late_ms` makes the sender late, `lie` is by how much more than one instance several of them bear.
    """

    cores: float = 4.0
    per_core: float = 200.0
    late_ms: float = 0.0
    lie: float = 1.0
    shares: Sequence[float] = ()
    opened_sizes: list[tuple[Size, int]] = field(default_factory=list)
    open_now: int = 0

    @contextmanager
    def opened(self, size: Size, replicas: int) -> Iterator["Queues"]:
        self.opened_sizes.append((size, replicas))
        self.open_now += 1
        try:
            # The limit of memory that is proposed is known in the runs that verify only.
            factor = 1.0 if size.memory_mb is None else self.lie
            yield Queues(self, size, replicas, self.per_core * size.cpu * factor)
        finally:
            self.open_now -= 1


@dataclass
class Queues:
    bench: QueueBench
    size: Size
    replicas: int
    capacity: float

    def load(self, steps: Sequence[Step]) -> list[Measured]:
        return [self._measured(step) for step in steps]

    def _measured(self, step: Step) -> Measured:
        several = self.size.memory_mb is not None and self.bench.shares
        rate = step.level * (max(self.bench.shares) if several else 1 / self.replicas)
        window = Window(seconds=step.seconds, late_ms=[self.bench.late_ms])
        answered = min(step.level, self.capacity * step.level / rate)
        # What is beyond the capacity waits for longer and longer: a second is long enough to miss any goal.
        mean_ms = 1000 / (self.capacity - rate) if rate < self.capacity else 1000.0
        count = max(1, round(answered * step.seconds))
        shares = [(turn + 0.5) / REQUESTS for turn in range(REQUESTS)]
        times = [-mean_ms * math.log(1 - share) for share in shares]
        window.answered_ms = [times[turn * REQUESTS // count] for turn in range(count)]
        memory = MEMORY_MB + A_WORKER_MB * self.size.workers
        return Measured(step.level, window, answered / self.bench.per_core, memory)
