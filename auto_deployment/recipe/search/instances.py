"""Instances under load, on any platform: what answers, and what they use meanwhile."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from typing import Protocol

from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.run import send
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.load.target import Target
from auto_deployment.recipe.search.ports import Measured

READY_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where one instance answers, without anything before it that shares out requests."""

    name: str
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


class Samples(Protocol):
    """What instances used, as far as it was looked at; moments are those of `time.monotonic`."""

    def between(self, begin_s: float, end_s: float) -> tuple[float | None, float | None]:
        """Return cores of all on average, and MB of the largest at its highest; None for too few looks."""
        ...


@dataclass(frozen=True, slots=True)
class RunningInstances:
    """Shares out load and has somebody look at what they use beside it."""

    addresses: Sequence[Address]
    audience: Audience
    shares: Sequence[float]
    path: str
    sampling: Callable[[], AbstractContextManager[Samples]]

    def load(self, steps: Sequence[Step]) -> list[Measured]:
        """Send each step's rate over all instances together."""
        targets = [address.target(self.path) for address in self.addresses]
        audience = replace(self.audience, targets=targets, weights=self.shares or None)
        windows: list[Window] = []
        with self.sampling() as samples:
            began_s = time.monotonic()
            send(audience, [[step] for step in steps], False, lambda number, window: windows.append(window))
        found = []
        for step, window in zip(steps, windows, strict=True):
            ended_s = began_s + step.seconds
            cores, memory = samples.between(began_s, ended_s)
            found.append(Measured(step.level, window, cores, memory))
            began_s = ended_s
        return found
