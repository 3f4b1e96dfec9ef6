"""Questions to the platform's information API, asked slowly beside the stream, and kept on the disk."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from auto_deployment.dataset.catalog import MOVIES, USERS, known_movies
from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import replace_text
from auto_deployment.host.signals import Stop
from auto_deployment.ingest.params import PlatformParams
from auto_deployment.ingest.platform.api import PlatformApi, PlatformDownError

log = logging.getLogger(__name__)

ABSENT_FILE = "absent_movies.json"
_MAX_WAITING = 100_000


class PlatformLookup:
    """Asks about movies first, then about users, one at a time; what is found goes into the catalogue.

    `absent_movies` are ids that the platform does not know. While it is down nothing is asked and nothing
    decided.
    """

    def __init__(
        self, api: PlatformApi, catalog: Path, params: PlatformParams, now_s: Callable[[], float] = time.time
    ) -> None:
        self._api = api
        self._catalog = catalog
        self._params = params
        self._now_s = now_s
        self._absent = self._load_absent()
        self.absent_movies = set(self._absent)
        self._asked_movies = set(known_movies(catalog)) | self.absent_movies
        self._asked_users = set(USERS.read(catalog)["user_id"].tolist())
        self._movies: deque[str] = deque()
        self._users: deque[int] = deque()
        self._found_movies: list[dict[str, Any]] = []
        self._found_users: list[dict[str, Any]] = []
        self._is_down = False

    def want_movie(self, movie_id: str) -> None:
        """Put a movie on the list of questions, unless it is or was there."""
        if movie_id not in self._asked_movies and len(self._movies) < _MAX_WAITING:
            self._asked_movies.add(movie_id)
            self._movies.append(movie_id)

    def want_user(self, user_id: int) -> None:
        """Put a user on the list of questions, unless he is or was there."""
        if user_id not in self._asked_users and len(self._users) < _MAX_WAITING:
            self._asked_users.add(user_id)
            self._users.append(user_id)

    def run(self, stop: Stop) -> None:
        """Ask until told to stop, and write down what was learnt now and then."""
        written_s = self._now_s()
        while not stop.is_set():
            stop.wait(self.step())
            if self._now_s() - written_s >= self._params.write_every_s:
                self._write_safely()
                written_s = self._now_s()
        self._write_safely()

    def step(self) -> float:
        """Ask one question if there is one; return how long to wait before the next, in seconds."""
        try:
            if self._movies:
                self._ask_movie(self._movies[0])
            elif self._users:
                self._ask_user(self._users[0])
        except PlatformDownError as error:
            if not self._is_down:
                log.warning("The platform's API at %s is down: %s", self._api.url, error)
            self._is_down = True
            return max(self._params.pause_after_failure_s, error.retry_after_s)
        return 1 / self._params.requests_per_s

    def write(self) -> None:
        """Write what was learnt into the catalogue; raise `OSError` or `CatalogError`, and keep it then."""
        if self._found_movies:
            MOVIES.write(self._catalog, pd.DataFrame(self._found_movies))
            self._found_movies = []
        if self._found_users:
            USERS.write(self._catalog, pd.DataFrame(self._found_users))
            self._found_users = []
        self._forget()
        replace_text(self._catalog / ABSENT_FILE, json.dumps(self._absent))

    def _ask_movie(self, movie_id: str) -> None:
        row = self._api.movie(movie_id)
        self._answered()
        self._movies.popleft()
        if row is None:
            self._absent[movie_id] = self._now_s()
            self.absent_movies.add(movie_id)
        else:
            self._found_movies.append(row)

    def _ask_user(self, user_id: int) -> None:
        row = self._api.user(user_id)
        self._answered()
        self._users.popleft()
        if row is not None:
            self._found_users.append(row)

    def _answered(self) -> None:
        if self._is_down:
            log.info("The platform's API answers again")
        self._is_down = False

    def _write_safely(self) -> None:
        try:
            self.write()
        except (OSError, MarqueeError) as error:
            log.error("What the platform's API said could not be written and is kept: %s", error)

    def _forget(self) -> None:
        """Let ids that were unknown long ago be asked about again: the platform gets new movies."""
        oldest = self._now_s() - self._params.forget_unknown_after_h * 3600
        for movie_id in [movie_id for movie_id, asked_s in self._absent.items() if asked_s < oldest]:
            del self._absent[movie_id]
            self.absent_movies.discard(movie_id)
            self._asked_movies.discard(movie_id)

    def _load_absent(self) -> dict[str, float]:
        try:
            content: dict[str, float] = json.loads((self._catalog / ABSENT_FILE).read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return content
