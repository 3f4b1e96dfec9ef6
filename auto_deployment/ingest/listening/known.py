"""Which movies are known right now: those of the catalogue on the disk, and whom to ask about others."""

from collections.abc import Iterable
from pathlib import Path

from auto_deployment.ingest.catalog import known_movies
from auto_deployment.ingest.listening.movies import Movies
from auto_deployment.ingest.platform_lookup import PlatformLookup


class Known:
    """The catalogue as it is on the disk, read again only when it has changed."""

    def __init__(self, catalog: Path, lookup: PlatformLookup | None) -> None:
        self._catalog = catalog
        self._lookup = lookup
        self._stamp: tuple[int, int] | None = None
        self._movies = self._read()

    def movies(self) -> Movies:
        """Return which movie ids are taken, by the catalogue of this moment."""
        if self._stamp != self._stamp_now():
            self._movies = self._read()
        return self._movies

    def ask_about(self, user_ids: Iterable[int]) -> None:
        """Have the platform asked about users, one day."""
        if self._lookup:
            for user_id in user_ids:
                self._lookup.want_user(user_id)

    def _read(self) -> Movies:
        self._stamp = self._stamp_now()
        known = known_movies(self._catalog)
        if self._lookup is None:
            return Movies(known)
        return Movies(known, self._lookup.absent_movies, self._lookup.want_movie)

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            found = (self._catalog / "movies.parquet").stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino
