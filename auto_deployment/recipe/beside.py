"""Load and resources side by side: what was asked and answered, and what was there and used meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.recipe.load.table import COLUMNS as LOAD_COLUMNS
from auto_deployment.recipe.load.table import Minute, row
from auto_deployment.recipe.resources.ports import ServiceUse
from auto_deployment.recipe.resources.table import Seen, of_services
from auto_deployment.recipe.rows import Value

COLUMNS = (
    *LOAD_COLUMNS, "service", "replicas_min", "replicas_max", "cpu_requested", "cpu_limit", "cpu_used",
    "memory_requested_mb", "memory_used_mb",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Total:
    """Of one service over the whole load: what was kept free for it, in core seconds and GB seconds."""

    service: str
    replicas: tuple[int, int]  # the fewest and the most
    core_s: float
    gb_s: float
    highest_core_s: float  # had there been as much as at the highest all the time


def rows(minutes: Sequence[Minute], seen: Sequence[Seen]) -> list[list[Value]]:
    """Return the values of `COLUMNS` for each service in each row of load, means of all looks in it."""
    found = []
    for minute in minutes:
        for service, looks in of_services(within(seen, minute.begun, minute.ended)).items():
            uses = [one.use for one in looks]
            counts = [use.replicas for use in uses]
            measures: Sequence[Callable[[ServiceUse], float | None]] = (
                lambda use: use.cpu_requested, lambda use: use.cpu_limit, lambda use: use.cpu_used,
                lambda use: use.memory_requested_mb, lambda use: use.memory_used_mb,
            )  # fmt: skip
            means = [_mean([measure(use) for use in uses]) for measure in measures]
            found.append([*row(minute), service, min(counts), max(counts), *means])
    return found


def within(seen: Sequence[Seen], begin: datetime, end: datetime) -> list[Seen]:
    return [one for one in seen if begin <= one.moment < end]


def totals(minutes: Sequence[Minute], seen: Sequence[Seen]) -> list[Total]:
    """Add up what was requested while load was sent; what a look has found holds until the next one."""
    begin, end = minutes[0].begun, minutes[-1].ended
    return [_total(name, looks, end) for name, looks in of_services(within(seen, begin, end)).items()]


def _total(service: str, looks: Sequence[Seen], end: datetime) -> Total:
    ends = [*(one.moment for one in looks[1:]), end]
    held = [((until - one.moment).total_seconds(), one.use) for one, until in zip(looks, ends, strict=True)]
    counts = [use.replicas for _, use in held]
    cores = [use.cpu_requested or 0.0 for _, use in held]
    return Total(
        service=service,
        replicas=(min(counts), max(counts)),
        core_s=sum(seconds * (use.cpu_requested or 0.0) for seconds, use in held),
        gb_s=sum(seconds * (use.memory_requested_mb or 0.0) / 1000 for seconds, use in held),
        highest_core_s=max(cores) * sum(seconds for seconds, _ in held),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
