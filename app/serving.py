"""What an instance serves right now, and how a new model takes its place."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.artifact import ArtifactError, load
from app.config import Settings
from app.model_format import MANIFEST
from app.recommender import PERSONAL, Recommender

log = logging.getLogger(__name__)

LOADED = "loaded"
REFUSED = "refused"
OUTCOMES = (LOADED, REFUSED)
WAIT_STEP_S = 0.2


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model and the names that stand on every answer made from it."""

    recommender: Recommender
    release: str
    track: str
    code_revision: str
    headers: tuple[tuple[str, str], ...]
    name: str  # what those who ask call it

    @classmethod
    def of(cls, recommender: Recommender, settings: Settings, name: str | None = None) -> "ServedModel":
        version = recommender.model.version
        release = settings.release_id or f"{version}-{settings.code_revision}"
        headers = (
            ("X-Model-Version", version),
            ("X-Release", release),
            ("X-Release-Track", settings.track),
        )
        return cls(
            recommender, release, settings.track, settings.code_revision, headers, name or settings.model_name
        )

    def labels(self) -> Mapping[str, str]:
        """Return the labels of the series that says which model an instance serves."""
        return {
            "model_version": self.recommender.model.version,
            "release": self.release,
            "code_revision": self.code_revision,
            "track": self.track,
        }


class ModelSlot:
    """Holds the model in use. `current` is replaced as a whole: read it once for each request."""

    def __init__(
        self,
        settings: Settings,
        recommender: Recommender | None = None,
        name: str | None = None,
        missing: bool = False,
    ) -> None:
        """Take the recommender, or load the model; raise `ArtifactError` when that cannot be used.

        One that is `missing` has none until `refresh` finds one that can be used.
        """
        self._settings = settings
        self.name = name or settings.model_name
        self._seen = () if missing else fingerprint(settings.model_dir)
        self.current: ServedModel | None = None
        if not missing:
            self.current = self._served(recommender or load_tested(settings.model_dir))

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What stands on every answer; nothing where there is no model."""
        return self.current.headers if self.current else ()

    def refresh(self) -> str | None:
        """Look once whether another model is in place; return the outcome, None when nothing has changed.

        A model that cannot be used is logged once and not tried again until its files change.
        """
        found = fingerprint(self._settings.model_dir)
        if found == self._seen:
            return None
        self._seen = found
        before = self.current.recommender.model.version if self.current else None
        try:
            self.current = serving = self._served(load_tested(self._settings.model_dir))
        except ArtifactError as error:
            if before is None:
                log.error("The model %s stays missing: %s", self.name, error)
            else:
                log.error("New model refused, %s stays in use: %s", before, error)
            return REFUSED
        log.info("Model %s replaces %s", serving.recommender.model.version, before or f"no {self.name}")
        return LOADED

    def _served(self, recommender: Recommender) -> ServedModel:
        return ServedModel.of(recommender, self._settings, self.name)


def fingerprint(folder: Path) -> tuple[Any, ...]:
    """Return what changes when another model, or a change to this one, is in place; reads no file."""
    try:
        folder = folder.resolve()
        stats = [(path.name, path.stat()) for path in sorted(folder.iterdir())]
    except OSError:
        return (str(folder),)
    return (str(folder), *((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


def wait_for_model(folder: Path, most_s: float) -> None:
    """Wait until a folder has a manifest, which is the last that appears of a model; give up silently."""
    until = time.monotonic() + most_s
    if most_s and not (folder / MANIFEST).exists():
        log.info("Waiting up to %g s for a model in %s", most_s, folder)
    while time.monotonic() < until and not (folder / MANIFEST).exists():
        time.sleep(WAIT_STEP_S)


def load_tested(folder: Path) -> Recommender:
    """Open a model and let it answer; raise `ArtifactError` naming what is wrong."""
    recommender = Recommender(load(folder))
    if reason := self_test(recommender):
        raise ArtifactError(f"{folder} failed its self-test, {reason}: train the model again.")
    return recommender


def self_test(recommender: Recommender, n: int = 20) -> str | None:
    """Ask for one list of each kind; return what is wrong with them, None when nothing is."""
    movies = len(recommender.movie_ids)
    popular = recommender.popular(n).rows
    if not popular or len(set(popular)) != min(n, movies):
        return "its popularity list is incomplete"
    arrays, scalars = recommender.model.arrays, recommender.model.manifest["scalars"]
    personal = np.flatnonzero(arrays["user_events"] >= scalars["min_events"])
    if not len(personal):
        return None
    row = int(personal[0])
    user_id = int(arrays["user_ids"][row])
    seen = set(recommender.seen_rows(row).tolist())
    answer = recommender.recommend(user_id, n)
    complete = len(set(answer.rows)) == min(n, movies - len(seen))
    if answer.source != PERSONAL or not complete or seen & set(answer.rows):
        return f"its list for user {user_id} is wrong"
    scores = recommender.scores(row)
    if np.isnan(scores).any() or (not np.isfinite(scores).any() and len(seen) < movies):
        return f"its scores for user {user_id} are not numbers"
    return None
