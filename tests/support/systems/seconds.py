"""What a run was like: in one row each second, and in all."""

import csv
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from tests.support.systems.load import Outcome
from tests.support.systems.usage import Usage

LIMIT_MS = 600.0  # a caller waits no longer
Second = tuple[str, Mapping[str, Usage]]  # what was being done to the containers, and what they used


@dataclass(frozen=True, slots=True)
class Summary:
    """All requests of a run, or those that were planned within a part of it."""

    requests: int
    failures: Counter[str]
    tracks: Counter[str]
    p50_ms: float
    p99_ms: float
    worst_ms: float

    @property
    def failed(self) -> int:
        return self.failures.total()

    @property
    def canary_share(self) -> float:
        served = self.tracks["stable"] + self.tracks["canary"]
        return self.tracks["canary"] / served if served else math.nan


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Return the figures of these requests."""
    latencies = sorted(1000 * one.latency_s for one in outcomes)
    return Summary(
        requests=len(outcomes),
        failures=Counter(one.failure for one in outcomes if one.failure),
        tracks=Counter(one.track for one in outcomes),
        p50_ms=percentile(latencies, 0.50),
        p99_ms=percentile(latencies, 0.99),
        worst_ms=latencies[-1] if latencies else math.nan,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def mean_usage(seconds: Mapping[int, Second]) -> dict[str, Usage]:
    """Return what each service used on average, its memory at most."""
    by_service: dict[str, list[Usage]] = {}
    for _, used in seconds.values():
        for service, usage in used.items():
            by_service.setdefault(service, []).append(usage)
    return {
        service: Usage(fmean(one.cpu_percent for one in found), max(one.memory_bytes for one in found))
        for service, found in sorted(by_service.items())
    }


def write_rows(path: Path, outcomes: Sequence[Outcome], seconds: Mapping[int, Second]) -> None:
    """Write the CSV file: a request belongs to the second for which it was planned."""
    services = sorted({name for _, used in seconds.values() for name in used})
    by_second: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_second.setdefault(int(outcome.planned_s), []).append(outcome)
    head = ["second", "doing", "requests", "availability", "stable", "canary", "static"]
    head += ["p50_ms", "p99_ms", "max_ms"]
    head += [f"{service}_{what}" for service in services for what in ("cpu_percent", "memory_mb")]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for second, of_second in sorted(by_second.items()):
            doing, used = seconds.get(second, ("", {}))
            writer.writerow(_row(second, doing, summarise(of_second)) + _used(services, used))


def _row(second: int, doing: str, found: Summary) -> list[object]:
    available = 1 - found.failed / found.requests
    row: list[object] = [second, doing, found.requests, f"{available:.4f}"]
    row += [found.tracks[track] for track in ("stable", "canary", "static")]
    return row + [f"{value:.1f}" for value in (found.p50_ms, found.p99_ms, found.worst_ms)]


def _used(services: Sequence[str], used: Mapping[str, Usage]) -> list[object]:
    row: list[object] = []
    for service in services:
        usage = used.get(service)
        row += [f"{usage.cpu_percent:.1f}", f"{usage.memory_bytes / 2**20:.1f}"] if usage else ["", ""]
    return row
