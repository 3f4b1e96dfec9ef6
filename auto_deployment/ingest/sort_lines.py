"""Lines into a batch: what is taken, what is repaired, what is kept aside. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from auto_deployment.dataset.events import (
    AccountCreated,
    Event,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
    parse,
    read_listed_id,
)
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.stream import Line


class Receiver(Protocol):
    """What takes the outcome: a batch, or the profile of a dry run."""

    unknown_movie_lines: int

    @property
    def add_usual(self) -> Callable[[Event, int, int], None]:
        """What takes an event that is no recommendation and was not repaired."""

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None: ...

    def reject(self, raw: bytes, reason: Reason, partition: int, offset: int) -> None: ...


def sort_lines(
    lines: Sequence[Line],
    partition: int,
    receiver: Receiver,
    movies: MovieIds,
    rating_scale: tuple[float, float],
) -> None:
    """Sort every line into the receiver; each comes out exactly once, as an event or rejected."""
    known, accepts_all, add = movies.known, movies.accepts_all, receiver.add_usual
    others = 0
    for line in lines:
        event = parse(line.value, rating_scale=rating_scale)
        # The usual case, 97 of 100 lines, before any other question.
        if type(event) is Watch and (accepts_all or event.movie_id in known):
            add(event, partition, line.offset)
        else:
            others += 1
            sort_one(event, line.value or b"", partition, line.offset, receiver, movies)
    if accepts_all:
        receiver.unknown_movie_lines += len(lines) - others


def sort_one(
    event: Event | Rejection, raw: bytes, partition: int, offset: int, receiver: Receiver, movies: MovieIds
) -> None:
    match event:
        case Rejection(event=None):
            receiver.reject(raw, event.reason, partition, offset)
        case Rejection(event=damaged):
            mended = _with_movies(damaged, movies.mend) if damaged else None
            if mended is not None:
                receiver.add(mended, partition, offset, repaired=True)
            elif isinstance(damaged, Recommendation):
                # An answer that is broken is telemetry as well: its status counts, its text stays.
                receiver.add(replace(damaged, movies=()), partition, offset)
            else:
                receiver.reject(raw, event.reason, partition, offset)
        case Watch() | Rating():
            _sort_event(event, raw, partition, offset, receiver, movies)
        case Recommendation() | AccountCreated():
            # What a server recommended is telemetry: it stays as it was said.
            receiver.add(event, partition, offset)


def _sort_event(
    event: Watch | Rating, raw: bytes, partition: int, offset: int, receiver: Receiver, movies: MovieIds
) -> None:
    if event.movie_id not in movies.known:
        receiver.unknown_movie_lines += 1
    movie_id = movies.accept(event.movie_id)
    if movie_id is None:
        receiver.reject(raw, Reason.UNKNOWN_MOVIE, partition, offset)
    elif movie_id == event.movie_id:
        receiver.add(event, partition, offset)
    else:
        receiver.add(replace(event, movie_id=movie_id), partition, offset, repaired=True)


def _with_movies(
    event: Watch | Rating | Recommendation, mend: Callable[[str], str | None]
) -> Watch | Rating | Recommendation | None:
    """Return the event with every damaged movie id mended, `None` when one cannot be."""
    if isinstance(event, Recommendation):
        mended = [read_listed_id(movie_id) or mend(movie_id) for movie_id in event.movies]
        movies = tuple(movie_id for movie_id in mended if movie_id is not None)
        return replace(event, movies=movies, error=None) if len(movies) == len(mended) else None
    movie_id = mend(event.movie_id)
    return None if movie_id is None else replace(event, movie_id=movie_id)
