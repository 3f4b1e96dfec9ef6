"""A Compose project as what is deployed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.compose.engine import Engine, NotThereError
from auto_deployment.recipe.compose.stats import MB, cpu_seconds, memory_mb
from auto_deployment.recipe.resources.ports import ServiceUse

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"


@dataclass(frozen=True, slots=True)
class _Container:
    service: str
    limits: Mapping[str, Any]  # the engine's HostConfig
    cpu_used: float | None
    memory_used_mb: float


class ComposeProject:
    """Looks at the running containers of one project."""

    def __init__(self, engine: Engine, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._before: dict[str, tuple[float, float]] = {}  # container -> moment, CPU seconds until then
        self._looked_s: float | None = None

    def look(self) -> Sequence[ServiceUse]:
        """Return its services by name; raise `BadInputError` when nothing of it runs."""
        listed = self._engine.containers({PROJECT: self._name})
        if not listed:
            raise BadInputError(f"Nothing of the Compose project {self._name} runs: {others(self._engine)}")
        now_s, after = self._clock(), dict[str, tuple[float, float]]()
        found = []
        for one in listed:
            try:
                found.append(self._container(one["Id"], one["Labels"][SERVICE], after))
            except NotThereError:  # it ended this very moment
                continue
        self._before, self._looked_s = after, now_s
        found.sort(key=lambda one: one.service)
        return [_together(name, list(group)) for name, group in groupby(found, lambda one: one.service)]

    def _container(self, name: str, service: str, after: dict[str, tuple[float, float]]) -> _Container:
        stats, moment_s = self._engine.stats(name), self._clock()
        total_s, used = cpu_seconds(stats), None
        if total_s is not None:
            after[name] = moment_s, total_s
            if (before := self._before.get(name)) is not None:
                # A container that was started again counts from 0.
                spent_s = total_s - before[1] if total_s >= before[1] else total_s
                used = spent_s / (moment_s - before[0])
            elif self._looked_s is not None:
                used = total_s / (moment_s - self._looked_s)
        return _Container(service, self._engine.inspect(name)["HostConfig"], used, memory_mb(stats))


def _together(service: str, replicas: Sequence[_Container]) -> ServiceUse:
    limits = [one.limits for one in replicas]
    return ServiceUse(
        service=service,
        replicas=len(replicas),
        cpu_requested=None,  # the engine has weights, which keep nothing free
        cpu_limit=_sum(_cores(one) for one in limits),
        cpu_used=_sum(one.cpu_used for one in replicas),
        memory_requested_mb=_sum((one.get("MemoryReservation") or 0) / MB or None for one in limits),
        memory_limit_mb=_sum((one.get("Memory") or 0) / MB or None for one in limits),
        memory_used_mb=sum(one.memory_used_mb for one in replicas),
    )


def _cores(limits: Mapping[str, Any]) -> float | None:
    if limits.get("NanoCpus"):
        return float(limits["NanoCpus"]) / 1e9
    if limits.get("CpuQuota", 0) > 0:
        return float(limits["CpuQuota"]) / float(limits.get("CpuPeriod") or 100_000)
    return None


def _sum(values: Iterable[float | None]) -> float | None:
    """Add up; what is unknown or unlimited for one is so for all."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


def others(engine: Engine) -> str:
    """Say which projects run, for who has mistyped a name."""
    listed = engine.get("/containers/json")
    names = sorted({one["Labels"][PROJECT] for one in listed if PROJECT in (one["Labels"] or {})})
    return (
        f"choose one of {', '.join(names)} with --project."
        if names
        else "start one, as with docker compose up -d."
    )
