"""Which movie ids are taken: as they stand, repaired, or not at all. Pure."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

from auto_deployment.dataset.catalog import MOVIES, known_movies, repair
from auto_deployment.dataset.events.movie_ids import as_of_title
from auto_deployment.ingest.platform.lookup import PlatformLookup

_MAX_REMEMBERED = 100_000


class MovieIds:
    """The ids that the catalogue knows, and what becomes of others.

    Without a catalogue every well-formed id is taken. With one, an unknown id is repaired if it is a known
    one written with its accents and signs, or if removing one character gives exactly one known id, else
    rejected; unless the platform can be asked: then an id counts as unknown only once the platform has said
    so (`absent`), is taken until then, and `ask` is told of it.
    """

    def __init__(
        self,
        known: AbstractSet[str],
        absent: AbstractSet[str] = frozenset(),
        ask: Callable[[str], None] | None = None,
    ) -> None:
        self.known = known
        self._absent = absent
        self._ask = ask
        self._decided: dict[str, str | None] = {}

    @property
    def accepts_all(self) -> bool:
        """Whether there is nothing to compare with: no catalogue, and nobody to ask."""
        return not self.known and self._ask is None

    def accept(self, movie_id: str) -> str | None:
        """Return the id under which a well-formed id is taken, `None` when it is rejected."""
        if movie_id in self.known or self.accepts_all:
            return movie_id
        if self._ask and movie_id not in self._absent:
            self._ask(movie_id)
            return movie_id
        return self._decide(movie_id, titled=True)

    def mend(self, movie_id: str) -> str | None:
        """Return the id that a malformed id was, `None` when that cannot be told."""
        if movie_id in self.known:
            return movie_id
        return self._decide(movie_id, titled=False)

    def _decide(self, movie_id: str, *, titled: bool) -> str | None:
        # A catalogue of other movies makes every line a case for repair, over and over the same ids.
        if movie_id not in self._decided:
            if len(self._decided) >= _MAX_REMEMBERED:
                self._decided.clear()
            plain = as_of_title(movie_id) if titled else ""
            self._decided[movie_id] = plain if plain in self.known else repair(movie_id, self.known)
        return self._decided[movie_id]


class CatalogueReader:
    """The catalogue as it is on the disk, read again only when it has changed."""

    def __init__(self, catalog: Path, lookup: PlatformLookup | None) -> None:
        self._catalog = catalog
        self._lookup = lookup
        self._stamp: tuple[int, int] | None = None
        self._movies = self._read()

    def movies(self) -> MovieIds:
        """Return which movie ids are taken, by the catalogue of this moment."""
        if self._stamp != self._stamp_now():
            self._movies = self._read()
        return self._movies

    def ask_about(self, user_ids: Iterable[int]) -> None:
        """Have the platform asked about users, one day."""
        if self._lookup:
            for user_id in user_ids:
                self._lookup.want_user(user_id)

    def _read(self) -> MovieIds:
        self._stamp = self._stamp_now()
        known = known_movies(self._catalog)
        if self._lookup is None:
            return MovieIds(known)
        return MovieIds(known, self._lookup.absent_movies, self._lookup.want_movie)

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            found = (self._catalog / MOVIES.file_name).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino
