"""How response times grow with the load of one instance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

POINTS_MIN = 3
CAPACITIES = 200  # that are tried, evenly on a logarithmic scale
FURTHEST = 20.0  # times the highest rate: beyond it the curve is a straight line


@dataclass(frozen=True, slots=True)
class Curve:
    """`t(r) = floor + growth * r / (capacity - r)`, rates r in requests a second, times in ms.

    In an M/M/1 queue with service time S and utilisation u the mean response time is S / (1 - u), which is
    S + S * u / (1 - u), and its percentiles are multiples of it (Jain, The Art of Computer Systems
    Performance Analysis, 1991, chapter 31). An instance is no such queue: it has several threads, and a
    processor that it gets in slices. So what multiplies u / (1 - u), the mean number of requests in the
    queue, is not S but is fitted.
    """

    floor_ms: float
    growth_ms: float
    capacity: float
    error: float  # root mean square of the relative errors at the points it was fitted to

    def at(self, rate: float) -> float:
        """Return ms, infinite from the capacity on."""
        if rate >= self.capacity:
            return math.inf
        return self.floor_ms + self.growth_ms * rate / (self.capacity - rate)

    def rate_below(self, limit_ms: float) -> float:
        """Return up to which rate it stays below a limit."""
        room_ms = limit_ms - self.floor_ms
        if room_ms <= 0:
            return 0.0
        return self.capacity * room_ms / (self.growth_ms + room_ms)


def fit(points: Sequence[tuple[float, float]]) -> Curve | None:
    """Fit to (rate, ms): least squares of relative errors, for each of many capacities; None for too few."""
    if len({rate for rate, _ in points}) < POINTS_MIN:
        return None
    highest = max(rate for rate, _ in points)
    low, high = math.log(1.02 * highest), math.log(FURTHEST * highest)
    tried = (math.exp(low + (high - low) * turn / (CAPACITIES - 1)) for turn in range(CAPACITIES))
    return min((_at_capacity(points, capacity) for capacity in tried), key=lambda curve: curve.error)


def _at_capacity(points: Sequence[tuple[float, float]], capacity: float) -> Curve:
    """Solve the two normal equations; a negative part is none, and the other is fitted alone."""
    rows = [(1 / ms, rate / (capacity - rate) / ms) for rate, ms in points]
    aa, ab = sum(a * a for a, _ in rows), sum(a * b for a, b in rows)
    bb, a1, b1 = sum(b * b for _, b in rows), sum(a for a, _ in rows), sum(b for _, b in rows)
    determinant = aa * bb - ab * ab
    floor, growth = (a1 * bb - b1 * ab) / determinant, (aa * b1 - ab * a1) / determinant
    if growth < 0:
        floor, growth = a1 / aa, 0.0
    elif floor < 0:
        floor, growth = 0.0, b1 / bb
    errors = [floor * a + growth * b - 1 for a, b in rows]
    return Curve(floor, growth, capacity, math.sqrt(sum(error * error for error in errors) / len(errors)))
