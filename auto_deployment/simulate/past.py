"""The simulated past as rows of a segment, without writing and parsing lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.dataset.builder import SegmentBuilder, from_microseconds
from auto_deployment.dataset.columns import lists, record_batch, times
from auto_deployment.dataset.events import AccountCreated, Recommendation
from auto_deployment.dataset.minutes import flatten, group_starts, union
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.simulate.arrays import MINUTE_US
from auto_deployment.simulate.columns import Ratings, Viewings, join, truncate
from auto_deployment.simulate.lines import error_texts
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.viewings import Life
from auto_deployment.simulate.requests import LISTED, RecommendRequests


class SimulatedPast:
    """Everything that happened on a platform: what its lines say, with every minute and without damage."""

    def __init__(self, platform: Platform, scale: tuple[float, float]) -> None:
        self._platform = platform
        self._scale = scale
        self._builder = SegmentBuilder()
        parts: list[Viewings] = []
        for stretch in Life(platform, scale).stretches():
            parts.append(stretch.viewings)
            self._add_ratings(stretch.ratings)
            self._add_requests(stretch.requests)
            self._add_accounts(stretch.joined)
        self._watches = compact(platform, join(*parts))

    def record_batches(self) -> Iterator[pa.RecordBatch]:
        yield self._watches.record_batch(self._platform.movies.ids)
        yield from self._builder.record_batches()

    def meta(self, source: Mapping[str, Any]) -> SegmentMeta:
        """Return the facts of the segment; to be asked after `record_batches`."""
        meta, watches = self._builder.meta(source, self._scale), self._watches
        counts = {**meta.counts, "watch": watches.lines, "duplicate": watches.lines - watches.minutes_seen}
        first, last = (
            from_microseconds(int(time)) for time in (watches.first_us.min(), watches.last_us.max())
        )
        return replace(
            meta,
            counts=counts,
            first_time=min(first, meta.first_time or first),
            last_time=max(last, meta.last_time or last),
        )

    def _add_ratings(self, ratings: Ratings) -> None:
        self._builder.add_ratings(
            (ratings.user + 1).astype(np.int32),
            ratings.movie.astype(np.int32),
            self._platform.movies.ids,
            ratings.rating.astype(np.float32),
            ratings.time_us + self._platform.start_us,
        )

    def _add_requests(self, requests: RecommendRequests) -> None:
        ids, server = self._platform.movies.ids, self._platform.params.server
        errors = error_texts(server)
        columns = (requests.user + 1, requests.time_us, requests.outcome, requests.latency_ms)
        rows = zip(*(column.tolist() for column in columns), requests.movies, strict=True)
        for user_id, time_us, outcome, latency_ms, listed in rows:
            shown = outcome == LISTED
            self._builder.add(
                Recommendation(
                    time=from_microseconds(self._platform.start_us + time_us),
                    user_id=user_id,
                    server=server,
                    status=200 if shown else 0,
                    movies=tuple(ids[movie] for movie in listed) if shown else (),
                    error=None if shown else errors[outcome],
                    latency_ms=latency_ms,
                )
            )

    def _add_accounts(self, joined: Int64Array) -> None:
        digits = self._platform.params.watch_fraction_digits
        times_us = self._platform.start_us + truncate(self._platform.users.joined_us[joined], digits)
        for user, time_us in zip(joined.tolist(), times_us.tolist(), strict=True):
            self._builder.add(AccountCreated(from_microseconds(time_us), user + 1))


@dataclass(frozen=True, slots=True)
class Watches:
    """A row for each (user, movie) in the form of a segment; from how many lines and different minutes."""

    user_id: Int64Array
    movie: Int64Array
    first_us: Int64Array
    last_us: Int64Array
    ranges: npt.NDArray[np.int32]
    ends: Int64Array
    lines: int
    minutes_seen: int

    def record_batch(self, movie_ids: list[str]) -> pa.RecordBatch:
        movies = pa.DictionaryArray.from_arrays(pa.array(self.movie.astype(np.int32)), pa.array(movie_ids))
        columns = {
            "user_id": pa.array(self.user_id),
            "movie_id": movies,
            "time": times(self.first_us),
            "last_time": times(self.last_us),
            "minutes": lists(self.ends, pa.array(self.ranges)),
        }
        return record_batch("watch", columns)


def compact(platform: Platform, viewings: Viewings) -> Watches:
    """Join the viewings of the same movie by the same user."""
    pair = viewings.user * len(platform.movies.ids) + viewings.movie
    order = np.argsort(pair, kind="stable")
    starts = group_starts(pair[order])
    first_us = platform.start_us + viewings.start_us[order]
    last_us = first_us + (viewings.minutes[order] - 1) * MINUTE_US
    first = viewings.first_minute.astype(np.int32)
    seen = union(pair, first, (first + viewings.minutes - 1).astype(np.int32))
    ranges, ends = flatten(seen)
    return Watches(
        user_id=viewings.user[order][starts] + 1,
        movie=viewings.movie[order][starts],
        first_us=np.minimum.reduceat(first_us, starts),
        last_us=np.maximum.reduceat(last_us, starts),
        ranges=ranges,
        ends=ends,
        lines=int(viewings.minutes.sum()),
        minutes_seen=int(seen.sizes().sum()),
    )
