"""Wishes to be forgotten, as the segments say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auto_deployment.dataset.arrays import int64s
from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.corrections.names import is_correction, number_of
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import FORGOTTEN, read_segment_table
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.tables import is_kind


@dataclass(frozen=True, slots=True)
class Wish:
    """A user's wish to be forgotten: up to when, and the number and name of the segment that says so."""

    user_id: int
    until: datetime
    number: int
    name: str


def wishes(segments: Path) -> list[Wish]:
    """Return all wishes, the oldest first; raise `SegmentError`."""
    with reading(segments):
        paths = filter(is_correction, segment_paths(segments))
        return sorted((wish for path in paths for wish in _in(path)), key=lambda one: one.number)


def _in(path: Path) -> Iterator[Wish]:
    table, meta = read_segment_table(path, ["kind", "user_id", "time"])
    rows = table.filter(is_kind(table, FORGOTTEN))
    for user_id, time_us in zip(int64s(rows["user_id"]).tolist(), int64s(rows["time"]).tolist(), strict=True):
        yield Wish(user_id, from_microseconds(time_us), number_of(meta), path.stem)
