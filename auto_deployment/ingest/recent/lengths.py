"""How much of a movie is nearly all of it, by the catalogue."""

import time
from collections.abc import Callable
from pathlib import Path

from auto_deployment.dataset.catalog import MOVIES, CatalogError

LOOK_S = 60.0
# `training.prepare` of params.yaml; a test compares both.
RELEVANT_WATCHED = 0.8
ASSUMED_RUNTIME_MIN = 90
FULL_WATCH_MAX_MIN = 180


class FinishedAfter:
    """After how many minutes a movie counts as liked in training; the catalogue is read when it changes."""

    def __init__(self, catalog: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalog, self._clock = catalog, clock
        self._stamp: tuple[int, int] | None = None
        self._look_s = 0.0
        self._runtimes: dict[str, float] = {}

    def __call__(self, movie_id: str) -> float:
        if self._clock() >= self._look_s:
            self._look()
        runtime = self._runtimes.get(movie_id, ASSUMED_RUNTIME_MIN)
        return RELEVANT_WATCHED * min(runtime, FULL_WATCH_MAX_MIN)

    def _look(self) -> None:
        self._look_s = self._clock() + LOOK_S
        try:
            found = (self._catalog / MOVIES.file_name).stat()
            if (found.st_mtime_ns, found.st_ino) == self._stamp:
                return
            movies = MOVIES.read(self._catalog)
        except (OSError, CatalogError):  # ingest says so elsewhere
            return
        self._stamp = found.st_mtime_ns, found.st_ino
        known = movies[movies["runtime_min"].fillna(0) > 0]
        self._runtimes = dict(zip(known["movie_id"], known["runtime_min"].astype(float), strict=True))
