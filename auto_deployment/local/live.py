"""The one line that says what goes through NGINX right now."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

WINDOW_S = 10.0
MOST_KEPT = 20_000  # of the newest requests, for rate and percentile


class RequestCounts:
    """Counts requests by track since the start, and remembers the last seconds."""

    def __init__(self) -> None:
        self.by_track: Counter[str] = Counter()
        self.retried = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=MOST_KEPT)

    def add(self, entries: Iterable[Mapping[str, Any]], now: float) -> None:
        """Take in log entries that were read at this moment (seconds of a steady clock)."""
        for entry in entries:
            self.by_track[str(entry.get("track") or "refused")] += 1
            self.retried += ", " in str(entry.get("upstream_addr", ""))
            self._recent.append((now, float(entry.get("request_time", 0.0))))
        while self._recent and self._recent[0][0] < now - WINDOW_S:
            self._recent.popleft()

    def rate(self) -> float:
        return len(self._recent) / WINDOW_S

    def p99_ms(self) -> float | None:
        """Return the 99th percentile of the window's response times, None without a request."""
        times = sorted(time_s for _, time_s in self._recent)
        return 1000 * times[ceil(0.99 * len(times)) - 1] if times else None


def describe(traffic: RequestCounts, down: Sequence[str]) -> str:
    """Return the line: requests by track, rate, response time, and what does not run."""
    counts = traffic.by_track
    served = counts["stable"] + counts["canary"]
    share = f" ({100 * counts['canary'] / served:.1f} %)" if served else ""
    p99 = traffic.p99_ms()
    parts = [
        f"{traffic.rate():.1f} requests/s",
        "p99 -" if p99 is None else f"p99 {p99:.0f} ms",
        f"stable {counts['stable']:,}",
        f"canary {counts['canary']:,}{share}",
        f"static {counts['static']:,}",
        f"refused {counts['refused']:,}",
        f"retried {traffic.retried:,}",
    ]
    return " | ".join(([f"DOWN: {', '.join(down)}"] if down else []) + parts)
