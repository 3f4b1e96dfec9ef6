"""What is wanted, and within which bounds it is looked for."""

from dataclasses import dataclass

from auto_deployment.recipe.goal import Goal
from auto_deployment.recipe.search.ports import Size

MEMORY_SPARE = 1.25  # of the highest that was measured
MEMORY_STEP_MB = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes of an instance that are tried, and how many of them there may be."""

    cpus: tuple[float, ...] = (0.25, 0.5, 1.0)
    workers: tuple[int, ...] = (1, 2)
    threads: tuple[int, ...] = (2,)
    replicas: tuple[int, ...] = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Wish:
    """A goal at a rate of requests a second.

    `shares` is of instances that exist by name, of which each gets its part of the rate, and whose number
    is fixed; empty where replicas are alike. Prices are of a core and of a GB.
    """

    goal: Goal
    rate: float
    bounds: Bounds = Bounds()
    shares: tuple[float, ...] = ()
    prices: tuple[float, float] = (30.0, 4.0)
    step_s: float = 15.0
    verify_s: float = 120.0
    shape: str = "wave"
    seed: int = 1

    def replicas(self) -> tuple[int, ...]:
        return (len(self.shares),) if self.shares else self.bounds.replicas

    def of_one(self, replicas: int) -> float:
        """Return the rate of the instance that gets most."""
        return self.rate * (max(self.shares) if self.shares else 1 / replicas)


@dataclass(frozen=True, slots=True)
class Deployment:
    """So many instances of a size, and what they cost."""

    size: Size
    replicas: int
    cost: float

    def __str__(self) -> str:
        return f"{self.replicas} x ({self.size})"


def cost(size: Size, replicas: int, prices: tuple[float, float]) -> float:
    return replicas * (size.cpu * prices[0] + (size.memory_mb or 0) / 1000 * prices[1])


def memory_limit(highest_mb: float) -> int:
    """Return a limit with room above what was measured."""
    return MEMORY_STEP_MB * int(-(-highest_mb * MEMORY_SPARE // MEMORY_STEP_MB))
