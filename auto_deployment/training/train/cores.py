"""How much of this machine a fit may take."""

import os


def cores() -> int:
    """Return the number of processors that we may run on; where it is limited, that is not all of them."""
    return len(os.sched_getaffinity(0))
