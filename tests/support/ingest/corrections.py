"""Corrections and wishes to be forgotten, written as the commands write them, for tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auto_deployment.dataset.corrections.writing import Correction, Removed, correcting, write_correction
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.paths import Paths
from tests.support.ingest.segments import NOON

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def correct(
    root: Path,
    added: Rating | Watch | None = None,
    removed: Rating | None = None,
    forgotten: int | None = None,
    **facts: Any,
) -> Path:
    """Write one correction into a data directory."""
    correction = Correction(
        () if added is None else (added,),
        () if removed is None else (removal(removed),),
        () if forgotten is None else ((forgotten, NOW),),
        **facts,
    )
    paths = Paths(root)
    with correcting(paths):
        return write_correction(paths, correction, NOW)


def removal(rating: Rating) -> Removed:
    return Removed("rating", rating.user_id, rating.movie_id, rating.time, rating.time)


def rating(user_id: int, movie_id: str, value: float) -> Rating:
    return Rating(NOON, user_id, movie_id, value)
