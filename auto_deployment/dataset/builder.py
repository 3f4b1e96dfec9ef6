"""One batch of events on its way into a segment: columns while it grows, record batches at its end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import Float32Array, Int32Array, Int64Array
from auto_deployment.dataset.columns import (
    AccountColumns,
    Interned,
    RatingColumns,
    RecommendationColumns,
    RowColumns,
)
from auto_deployment.dataset.events import PARSER_VERSION, Event, Rating, Recommendation, Watch
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.watch_columns import WatchColumns

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SegmentBuilder:
    """Collect the events of one batch and count its lines; then give out the rows of its segment.

    It grows by 20 bytes a watch line. `record_batches` compacts watches to a row for each (user, movie), in
    order of user; everything else stays a row each, in order of arrival.
    """

    def __init__(self) -> None:
        self._movies = Interned()
        self._watches = WatchColumns(self._movies)
        self._ratings = RatingColumns(self._movies)
        self._recommendations = RecommendationColumns(self._movies)
        self._accounts = AccountColumns()
        self._rejected: Counter[str] = Counter()
        self._repaired = 0
        self._listed: Sequence[str] | None = None  # the table whose movies have these numbers here
        self._codes: Int32Array = np.empty(0, np.int32)

    def add(self, event: Event, partition: int | None = None, offset: int | None = None) -> None:
        """Take one event; its position in Kafka is kept where it becomes a row of its own."""
        time_us = microseconds(event.time)
        if isinstance(event, Watch):
            self._watches.add(event.user_id, event.movie_id, event.minute, time_us)
        elif isinstance(event, Rating):
            self._ratings.add(event.user_id, event.movie_id, event.rating, time_us, partition, offset)
        elif isinstance(event, Recommendation):
            self._recommendations.add(event, time_us, partition, offset)
        else:
            self._accounts.add(event.user_id, time_us, partition, offset)

    def add_ratings(
        self,
        user_id: Int32Array,
        movie: Int32Array,
        movie_ids: Sequence[str],
        rating: Float32Array,
        time_us: Int64Array,
    ) -> None:
        """Take ratings that come from a table: `movie` says at which place of `movie_ids` each one's is.

        `time_us` counts microseconds since 1970 in UTC.
        """
        self._ratings.add_many(user_id, self._codes_of(movie, movie_ids), rating, time_us)

    def count_rejected(self, reason: str) -> None:
        self._rejected[str(reason)] += 1

    def count_repaired(self) -> None:
        """Count a line whose movie id was repaired; its event is added as well."""
        self._repaired += 1

    @property
    def lines(self) -> int:
        """How many lines this batch covers, taken or not."""
        return sum(len(columns) for _, columns in self._kinds()) + self._rejected.total()

    def counts(self) -> dict[str, int]:
        """Return the lines of each kind so far."""
        return {kind: len(columns) for kind, columns in self._kinds()}

    def rejected(self) -> dict[str, int]:
        """Return the lines so far that were not taken, by reason."""
        return dict(self._rejected)

    def raters(self) -> set[int]:
        """Return everyone who rated."""
        return self._ratings.user_ids()

    def rating_moments(self) -> tuple[float, float]:
        """Return the sum of the ratings and the sum of their squares."""
        return self._ratings.moments()

    def movie_lines(self) -> dict[str, int]:
        """Return how many watch and rating lines name each movie."""
        lines = self._watches.movie_lines() + self._ratings.movie_lines()
        texts = self._movies.texts().to_pylist()
        return {texts[code]: int(lines[code]) for code in np.flatnonzero(lines).tolist()}

    @property
    def nbytes(self) -> int:
        """About how much memory the batch holds now; closing it needs some four times that for a moment."""
        return sum(columns.nbytes for _, columns in self._kinds()) + self._movies.nbytes

    def user_ids(self) -> set[int]:
        return {user_id for _, columns in self._kinds() for user_id in columns.user_ids()}

    def movie_ids(self) -> set[str]:
        """Return every movie that was watched or rated."""
        return self._movies.among(self._watches.movies() | self._ratings.movies())

    def record_batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, kind after kind, in the schema of segments; the same events give the same rows."""
        for kind, columns in self._kinds():
            yield from columns.record_batches(kind)

    def meta(self, source: Mapping[str, Any], rating_scale: tuple[float, float]) -> SegmentMeta:
        """Return the facts of the segment; to be asked after `record_batches`, which counts duplicates."""
        spans = [span for _, columns in self._kinds() if (span := columns.time_span_us())]
        return SegmentMeta(
            source=source,
            rating_scale=rating_scale,
            parser_version=PARSER_VERSION,
            counts=self.counts()
            | {
                "rejected": self._rejected.total(),
                "repaired": self._repaired,
                "duplicate": self._watches.duplicates,
            },
            rejected_by_reason=dict(self._rejected),
            first_time=from_microseconds(min(first for first, _ in spans)) if spans else None,
            last_time=from_microseconds(max(last for _, last in spans)) if spans else None,
        )

    def _codes_of(self, movie: Int32Array, movie_ids: Sequence[str]) -> Int32Array:
        """Return the number of each movie here; numbers follow the order of appearance."""
        if self._listed is not movie_ids:
            self._listed, self._codes = movie_ids, np.empty(0, np.int32)
        grown = np.full(len(movie_ids), -1, np.int32)
        grown[: len(self._codes)] = self._codes
        self._codes = grown
        new = movie[grown[movie] < 0]
        for place in pa.array(new).dictionary_encode().dictionary.to_pylist():
            grown[place] = self._movies.code(movie_ids[place])
        codes: Int32Array = grown[movie]
        return codes

    def _kinds(self) -> tuple[tuple[str, WatchColumns | RowColumns], ...]:
        return (
            ("watch", self._watches),
            ("rating", self._ratings),
            ("recommendation", self._recommendations),
            ("account", self._accounts),
        )


def microseconds(time: datetime) -> int:
    """Return an aware time as whole microseconds since 1970 in UTC."""
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_microseconds(time_us: int) -> datetime:
    """Return the time of whole microseconds since 1970 in UTC."""
    return _EPOCH + timedelta(microseconds=time_us)
