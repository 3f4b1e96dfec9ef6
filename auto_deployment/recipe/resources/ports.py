"""What tells how much is deployed: Compose's engine or Kubernetes; another platform is one more of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """Of all replicas of one service together; None where nothing is set, or not known."""

    service: str
    replicas: int
    cpu_requested: float | None  # cores that are kept free for it
    cpu_limit: float | None
    cpu_used: float | None  # cores on average: since the look before, or of the time for which it is told
    memory_requested_mb: float | None
    memory_limit_mb: float | None
    memory_used_mb: float  # without what the kernel may drop at any moment


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one moment, in seconds since the first."""

    seconds: float
    services: Sequence[ServiceUse]

    def of(self, service: str) -> ServiceUse | None:
        return next((use for use in self.services if use.service == service), None)


class Deployed(Protocol):
    """A deployment that can be looked at."""

    def look(self) -> Sequence[ServiceUse]:
        """Return every service that runs; raise `RecipeError` when the platform does not answer."""
        ...
