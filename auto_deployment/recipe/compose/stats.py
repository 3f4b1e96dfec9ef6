"""What a container uses, from the engine's statistics."""

from collections.abc import Mapping
from typing import Any

MB = 1_000_000.0


def cpu_seconds(stats: Mapping[str, Any]) -> float | None:
    """Return the CPU time since the container began, None while the engine does not know it."""
    used = (stats.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage")
    return used / 1e9 if used else None


def memory_mb(stats: Mapping[str, Any]) -> float:
    """Return what is in use without files that were read and not looked at since, as `docker stats` does."""
    memory = stats.get("memory_stats") or {}
    parts = memory.get("stats") or {}
    idle = parts.get("total_inactive_file", parts.get("inactive_file", 0))  # cgroup 1, cgroup 2
    return float(max(0, memory.get("usage", 0) - idle)) / MB
