"""Where a model comes from: data, code and libraries."""

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from auto_deployment.ingest.segment_schema import SegmentMeta
from auto_deployment.ingest.segments import data_hash, list_segments

ROOT = Path(__file__).parents[2]
TOPIC = ("cluster_id", "topic", "topic_id", "generation")
LIBRARIES = ("implicit", "numpy", "pandas", "scikit-surprise", "scipy")


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of the code: its name, and whether files differ from it (None where nobody can tell)."""

    name: str
    is_dirty: bool | None


def code_revision(override: str | None = None, root: Path = ROOT) -> Revision:
    """Return git's name of the checkout, `unknown` outside of one; `override` is taken as it is."""
    if override:
        return Revision(override, None)
    top = _git(root, "rev-parse", "--show-toplevel")
    name = _git(root, "rev-parse", "HEAD")
    # Inside of somebody else's repository git names that one's revision, which says nothing about this code.
    if not top or not name or Path(top).resolve() != root.resolve():
        return Revision("unknown", None)
    return Revision(name, _git(root, "status", "--porcelain", "--untracked-files=no") != "")


def library_versions() -> dict[str, str]:
    """Return the versions of what computes the model."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in LIBRARIES}


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
        {**dict(zip(TOPIC, topic, strict=True)), "offsets": dict(sorted(ranges.items(), key=_number))}
        for topic, ranges in sorted(found.items())
    ]


def _number(item: tuple[str, list[int]]) -> int:
    return int(item[0])


def frame_hash(frame: pd.DataFrame) -> str:
    """Return a hash of a table's content that does not depend on how it was stored."""
    text = frame.to_json(orient="records", date_format="iso", date_unit="us")
    return hashlib.sha256(text.encode()).hexdigest()


def model_version(now: datetime, data_hash: str) -> str:
    """Return the name of a model made at this moment (UTC) of this data."""
    return f"{now:%Y%m%dT%H%M}-{data_hash[:8]}"


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
