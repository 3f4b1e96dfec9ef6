"""Growing columns of those events that stay a row each, and how they become record batches."""

from array import array
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import Float32Array, Int32Array, Int64Array
from auto_deployment.dataset.events import Recommendation
from auto_deployment.dataset.schema import SCHEMA

ROWS_PER_BATCH = 262_144  # a batch becomes a row group: large enough to compress, some 20 MB in memory
_NONE = -1


class Interned:
    """Texts as small numbers, in order of their first appearance."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, text: str) -> int:
        """Return the number of a text, a new one for a new text."""
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self._codes)
            self.nbytes += 180 + len(text)  # the text object, its number, and its share of the table
        return code

    def among(self, codes: AbstractSet[int]) -> set[str]:
        return {text for text, code in self._codes.items() if code in codes}

    def texts(self) -> pa.Array:
        return pa.array(list(self._codes), pa.string())

    def coded(self, codes: npt.NDArray[np.int32]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(codes), self.texts())

    def plain(self, codes: npt.NDArray[np.int32]) -> pa.Array:
        """Return a text column of these numbers, null where negative."""
        return self.texts().take(pa.array(codes, mask=codes < 0))


class RowColumns:
    """What every row has that is not compacted: user, time and position."""

    def __init__(self) -> None:
        self.user_id = array("i")
        self.time_us = array("q")
        self.partition = array("i")
        self.offset = array("q")

    def __len__(self) -> int:
        return len(self.user_id)

    @property
    def nbytes(self) -> int:
        return 24 * len(self)

    def _add_row(self, user_id: int, time_us: int, partition: int | None, offset: int | None) -> None:
        self.user_id.append(user_id)
        self.time_us.append(time_us)
        self.partition.append(_NONE if partition is None else partition)
        self.offset.append(_NONE if offset is None else offset)

    def user_ids(self) -> set[int]:
        return set(np.unique(np.array(self.user_id, np.int32)).tolist())

    def time_span_us(self) -> tuple[int, int] | None:
        if not self.time_us:
            return None
        times_us = np.array(self.time_us, np.int64)
        return int(times_us.min()), int(times_us.max())

    def record_batches(self, kind: str) -> Iterator[pa.RecordBatch]:
        for begin in range(0, len(self), ROWS_PER_BATCH):
            part = slice(begin, min(begin + ROWS_PER_BATCH, len(self)))
            partition, offset = (
                np.array(self.partition[part], np.int32),
                np.array(self.offset[part], np.int64),
            )
            yield record_batch(
                kind,
                {
                    "user_id": pa.array(np.array(self.user_id[part], np.int64)),
                    "time": times(np.array(self.time_us[part], np.int64)),
                    "partition": pa.array(partition, mask=partition < 0),
                    "offset": pa.array(offset, mask=offset < 0),
                    **self._own_columns(part),
                },
            )

    def _own_columns(self, part: slice) -> dict[str, pa.Array]:
        return {}


class AccountColumns(RowColumns):
    """Users who signed up."""

    def add(self, user_id: int, time_us: int, partition: int | None, offset: int | None) -> None:
        self._add_row(user_id, time_us, partition, offset)


class RatingColumns(RowColumns):
    """Ratings on their native scale."""

    def __init__(self, movies: Interned) -> None:
        super().__init__()
        self._movies = movies
        self._movie = array("i")
        self._rating = array("f")

    def add(
        self,
        user_id: int,
        movie_id: str,
        rating: float,
        time_us: int,
        partition: int | None,
        offset: int | None,
    ) -> None:
        self._add_row(user_id, time_us, partition, offset)
        self._movie.append(self._movies.code(movie_id))
        self._rating.append(rating)

    def add_many(
        self, user_id: Int32Array, movie: Int32Array, rating: Float32Array, time_us: Int64Array
    ) -> None:
        """Take ratings without a position; `movie` has the numbers of the movies."""
        nowhere = np.full(len(user_id), _NONE, np.int64)
        self.user_id.frombytes(user_id.astype(np.int32).tobytes())
        self.time_us.frombytes(time_us.astype(np.int64).tobytes())
        self.partition.frombytes(nowhere.astype(np.int32).tobytes())
        self.offset.frombytes(nowhere.tobytes())
        self._movie.frombytes(movie.astype(np.int32).tobytes())
        self._rating.frombytes(rating.astype(np.float32).tobytes())

    @property
    def nbytes(self) -> int:
        return 32 * len(self)

    def movie_lines(self) -> npt.NDArray[np.int64]:
        """Return the number of lines by the number of the movie."""
        return np.bincount(np.array(self._movie, np.int32), minlength=len(self._movies))

    def moments(self) -> tuple[float, float]:
        """Return the sum of the ratings and the sum of their squares."""
        ratings = np.array(self._rating, np.float64)
        return float(ratings.sum()), float((ratings**2).sum())

    def movies(self) -> set[int]:
        return set(np.unique(np.array(self._movie, np.int32)).tolist())

    def _own_columns(self, part: slice) -> dict[str, pa.Array]:
        return {
            "movie_id": self._movies.coded(np.array(self._movie[part], np.int32)),
            "rating": pa.array(np.array(self._rating[part], np.float32)),
        }


class RecommendationColumns(RowColumns):
    """Lists that servers gave out, or the error texts that came instead."""

    def __init__(self, movies: Interned) -> None:
        super().__init__()
        self._movies = movies
        self._texts = Interned()
        self._server, self._error = array("i"), array("i")
        self._status, self._latency_ms = array("h"), array("i")
        self._listed = array("i")
        self._ends = array("q", [0])

    def add(self, event: Recommendation, time_us: int, partition: int | None, offset: int | None) -> None:
        self._add_row(event.user_id, time_us, partition, offset)
        self._server.append(self._texts.code(event.server))
        self._status.append(event.status)
        self._latency_ms.append(event.latency_ms)
        self._error.append(_NONE if event.error is None else self._texts.code(event.error))
        self._listed.extend(map(self._movies.code, event.movies))
        self._ends.append(len(self._listed))

    @property
    def nbytes(self) -> int:
        return 46 * len(self) + 4 * len(self._listed) + self._texts.nbytes

    def _own_columns(self, part: slice) -> dict[str, pa.Array]:
        ends = np.array(self._ends[part.start : part.stop + 1], np.int64)
        listed = np.array(self._listed[ends[0] : ends[-1]], np.int32)
        return {
            "server": self._texts.plain(np.array(self._server[part], np.int32)),
            "status": pa.array(np.array(self._status[part], np.int16)),
            "latency_ms": pa.array(np.array(self._latency_ms[part], np.int32)),
            "error": self._texts.plain(np.array(self._error[part], np.int32)),
            "movies": lists(ends - ends[0], self._movies.plain(listed)),
        }


def record_batch(kind: str, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return rows of one kind in the schema of segments, null in the columns that are not given."""
    rows = len(columns["user_id"])
    kinds = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([kind]))
    given: dict[str, Any] = {"kind": kinds, **columns}
    arrays = [given[field.name] if field.name in given else pa.nulls(rows, field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def times(time_us: npt.NDArray[np.int64]) -> pa.Array:
    """Return a column of times from microseconds since 1970."""
    return pa.array(time_us).cast(SCHEMA.field("time").type)


def lists(ends: npt.NDArray[np.int64], values: pa.Array) -> pa.ListArray:
    """Return a column of lists: row i is values[ends[i]:ends[i + 1]]."""
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), values)
