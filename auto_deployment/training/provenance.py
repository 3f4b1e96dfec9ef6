"""Which data a model comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import data_hash, list_segments

if TYPE_CHECKING:  # a cycle, which names a version, has no tables itself
    import pandas as pd

TOPIC = ("cluster_id", "topic", "topic_id", "generation")


def describe_segments(segments: Path) -> dict[str, Any]:
    """Return hash, names, rating scales, counts and time range of the segments; raise `SegmentError`."""
    found = list_segments(segments)
    times = [time for one in found for time in (one.meta.first_time, one.meta.last_time) if time]
    kinds = sorted({kind for one in found for kind in one.meta.counts})
    return {
        "hash": data_hash(segments),
        "segments": [one.path.name for one in found],
        "rating_scales": sorted(
            {tuple(one.meta.rating_scale) for one in found if one.meta.counts.get("rating")}
        ),
        "lines": {kind: sum(one.meta.counts.get(kind, 0) for one in found) for kind in kinds},
        "kafka": kafka_ranges(one.meta for one in found),
        "first_time": min(times).isoformat() if times else None,
        "last_time": max(times).isoformat() if times else None,
    }


def kafka_ranges(metas: Iterable[SegmentMeta]) -> list[dict[str, Any]]:
    """Return for each topic that was read the offsets [first, next) of its partitions."""
    found: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for meta in metas:
        if meta.source["kind"] != "kafka":
            continue
        ranges = found.setdefault(tuple(str(meta.source.get(name)) for name in TOPIC), {})
        for partition, (first, following) in meta.source["offsets"].items():
            low, high = ranges.get(partition, (first, following))
            ranges[partition] = [min(low, first), max(high, following)]
    return [
        {**dict(zip(TOPIC, topic, strict=True)), "offsets": {p: ranges[p] for p in sorted(ranges, key=int)}}
        for topic, ranges in sorted(found.items())
    ]


def frame_hash(frame: pd.DataFrame) -> str:
    """Return a hash of a table's content that does not depend on how it was stored."""
    text = frame.to_json(orient="records", date_format="iso", date_unit="us")
    return hashlib.sha256(text.encode()).hexdigest()


def model_version(now: datetime, data_hash: str) -> str:
    """Return the name of a model made at this moment (UTC) of this data."""
    return f"{now:%Y%m%dT%H%M}-{data_hash[:8]}"
