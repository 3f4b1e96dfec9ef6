"""Where sizes are measured: containers, or pods of a cluster; another platform is one more `Bench`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from auto_deployment.recipe.load.figures import Figures, Window, figures
from auto_deployment.recipe.load.shapes import Step


@dataclass(frozen=True, slots=True)
class Size:
    """Of one instance; without a memory limit it may take what it takes."""

    cpu: float  # cores
    workers: int
    threads: int
    memory_mb: int | None = None

    def __str__(self) -> str:
        memory = "" if self.memory_mb is None else f", {self.memory_mb} MB"
        return f"{self.cpu:g} CPU{memory}, {self.workers} x {self.threads} threads"


@dataclass(frozen=True, slots=True)
class Measured:
    """What all instances together showed at one step of load."""

    rate: float  # requests a second that were sent
    window: Window
    cpu_used: float | None  # cores, of all instances
    memory_mb: float | None  # of the instance that had most, at its highest

    @property
    def figures(self) -> Figures:
        return figures([self.window])


class Instances(Protocol):
    """What runs and can be asked."""

    def load(self, steps: Sequence[Step]) -> list[Measured]:
        """Send open-loop load, shared out as in the deployment; return what each step showed."""
        ...


class Bench(Protocol):
    """Starts instances of a size, warm; when the block ends they are gone."""

    @property
    def cores(self) -> float:
        """How many there are for all instances together."""
        ...

    def opened(self, size: Size, replicas: int) -> AbstractContextManager[Instances]:
        """Raise `RecipeError` when an instance does not get ready."""
        ...
