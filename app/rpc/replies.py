"""Lists as messages, joined from parts that are encoded once for each model."""

from collections.abc import Sequence

from app.answers import SIMILAR
from app.metrics import SOURCES
from app.recent.port import Age
from app.rpc.marquee_pb2 import MovieList
from app.serving import ServedModel


def said_of(reply: bytes) -> tuple[tuple[str, str], ...]:
    """Return what the edge writes down of a list, as the headers of HTTP say it."""
    told = MovieList.FromString(reply)
    return (
        ("x-model-version", told.model_version),
        ("x-release", told.release),
        ("x-release-track", told.track),
        ("x-recommendation-source", told.source),
    )


class EncodedModel:
    """One model, and what its replies are joined of. Immutable but for a note of the last age."""

    def __init__(self, serving: ServedModel) -> None:
        self.serving = serving
        self.recommender = serving.recommender
        self._ids = [MovieList(movie_ids=[movie]).SerializeToString() for movie in self.recommender.movie_ids]
        self._tails = {source: self._tail(source) for source in (*SOURCES, SIMILAR)}
        self._age: tuple[Age | None, bytes] = (None, b"")

    def reply(self, rows: Sequence[int], source: str, age: Age | None = None) -> bytes:
        """Return a MovieList; `age` says how fresh it is, where that is known."""
        ids = self._ids
        return b"".join([*[ids[row] for row in rows], self._tails[source], self._fresh(age)])

    def _tail(self, source: str) -> bytes:
        serving = self.serving
        names = MovieList(
            source=source,
            model_version=self.recommender.model.version,
            release=serving.release,
            track=serving.track,
        )
        return names.SerializeToString()

    def _fresh(self, age: Age | None) -> bytes:
        if age is None:
            return b""
        known, encoded = self._age
        if known is not age:  # it is another one once a second
            seconds = [int(value) for _, value in age.fields]
            encoded = MovieList(fresh_s=seconds[0]).SerializeToString() if seconds else b""
            self._age = (age, encoded)
        return encoded
