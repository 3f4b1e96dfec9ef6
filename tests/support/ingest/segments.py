"""Segments made of events, for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Watch
from auto_deployment.dataset.segments import publish_segment, stage_segment

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def write_segment(
    directory: Path, name: str, events: Iterable[Event], scale: tuple[float, float] = (1, 5)
) -> Path:
    """Publish one segment of these events."""
    builder = SegmentBuilder()
    for event in events:
        builder.add(event)
    source = {"kind": "file", "sha256": name, "part": 0, "parts": 1}
    staged = stage_segment(directory, name, builder.record_batches(), lambda: builder.meta(source, scale))
    publish_segment(staged)
    return staged.path


def watch(user_id: int, movie_id: str, *minutes: int) -> list[Watch]:
    """Return a line for each minute, a minute apart from noon on."""
    return [Watch(NOON + timedelta(minutes=minute), user_id, movie_id, minute) for minute in minutes]
