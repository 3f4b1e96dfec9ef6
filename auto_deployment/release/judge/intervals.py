"""How sure a share is."""

import math

Z_95 = 1.96


def wilson(hits: int, runs: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; it is of use at 0 of n as well."""
    share, z2 = hits / runs, Z_95**2
    middle = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = Z_95 * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs**2)) / (1 + z2 / runs)
    return max(middle - half, 0.0), min(middle + half, 1.0)
