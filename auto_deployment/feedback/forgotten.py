"""Nothing of a forgotten user appears below `feedback`: whoever writes there asks for the wishes first.

The wish is written down before anybody removes something. As each file is written under one lock, together
with the look at the wishes, it either is there when whoever forgets takes that lock, or it knows the wish.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import Int64Array, int64s
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.locks import reading
from auto_deployment.feedback.edge_rows import EDGE, began_us
from auto_deployment.feedback.files import SUFFIX, Facts
from auto_deployment.feedback.service.rows import SERVICE
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES


def _outcome_us(rows: pa.Table) -> Int64Array:
    """Return the earlier of list and watch: an outcome goes with either."""
    return np.minimum(int64s(rows["shown_at"]), int64s(rows["watched_at"]))


# When a row of those that name a user happened, as wishes count.
HAPPENED_US: Mapping[str, Callable[[pa.Table], Int64Array]] = {
    EDGE: began_us,
    SERVICE: began_us,
    IMPRESSIONS.name: lambda rows: int64s(rows["time"]),
    OUTCOMES.name: _outcome_us,
}
_COUNTS = {EDGE: "requests", SERVICE: "requests", IMPRESSIONS.name: "joined", OUTCOMES.name: "outcomes"}


@contextmanager
def publishing(root: Path) -> Iterator[None]:
    """Be the only one who makes files appear or go below `feedback`; wait for whoever does it now."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def wishes_now(segments: Path) -> Corrections:
    """Read who is forgotten by now; what was replaced says the same. Raises `SegmentError`."""
    with reading(segments):
        return read_corrections(segments.glob(f"*{SUFFIX}"))


def left(name: str, rows: pa.Table, corrections: Corrections) -> pa.Table:
    """Return the rows of a table, or of the edge log, without those of before a user's wish."""
    if name not in HAPPENED_US or not corrections.forgotten:
        return rows
    gone = corrections.forgets(int64s(rows["user_id"]), HAPPENED_US[name](rows))
    return rows.filter(pa.array(~gone)) if gone.any() else rows


def counted(name: str, facts: Facts, rows: pa.Table) -> Facts:
    """Return what a file says of itself, with the number of rows that are left."""
    if name not in _COUNTS:
        return facts
    return {**facts, "counts": {**facts["counts"], _COUNTS[name]: len(rows)}}
