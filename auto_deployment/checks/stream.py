"""Compare the newest published segment with those before it, as ingest does with its batches."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.schema import open_segment
from auto_deployment.dataset.segments import Segment
from auto_deployment.ingest.drift.drift import Finding, History, Sample, find_drift
from auto_deployment.ingest.params import DriftParams

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
KEEP_DAYS = 100_000  # what is published is all compared with: trailing days are ingest's


def drift_of(listed: Sequence[Segment], params: DriftParams) -> dict[str, Finding]:
    """Return the strong changes of the newest segment against all others; none where there is one only."""
    ordered = sorted(listed, key=lambda one: one.meta.last_time or NO_TIME)
    history = History()
    for segment in ordered[:-1]:
        sample, titles = _sample(segment)
        day = (segment.meta.last_time or NO_TIME).date()
        history = history.with_batch(day, sample, titles, KEEP_DAYS)
    sample, titles = _sample(ordered[-1])
    return find_drift(sample, titles, history, params)


def _sample(segment: Segment) -> tuple[Sample, dict[str, int]]:
    file, meta = open_segment(segment.path)
    with file:
        table = file.read(columns=["kind", "movie_id", "rating"])
    ratings = table["rating"].drop_null().to_numpy().astype(np.float64)
    lines = {name: count for name, count in meta.counts.items() if name not in ("repaired", "duplicate")}
    titles = Counter(table["movie_id"].cast(pa.string()).drop_null().to_pylist())
    sample = Sample(lines, len(ratings), float(ratings.sum()), float(np.square(ratings).sum()))
    return sample, dict(titles)
