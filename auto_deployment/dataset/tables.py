"""The rows of one kind, segment after segment, and movie ids as numbers that hold across segments."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.arrays import Int32Array
from auto_deployment.dataset.columns import Interned
from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import SegmentMeta, damaged, open_segment
from auto_deployment.dataset.segments import segment_paths


def kind_tables(segments: Path, kind: str, columns: Sequence[str]) -> Iterator[tuple[pa.Table, SegmentMeta]]:
    """Yield the rows of a kind that count in each segment, by name; raise `SegmentError`.

    The tables may have more columns than these.
    """
    with reading(segments):
        paths = segment_paths(segments)
        corrections = read_corrections(paths)
        needed = corrections.columns(columns)
        for path in paths:
            file, meta = open_segment(path)
            with file:
                try:
                    table = _read_kind(file, kind, needed)
                except (OSError, pa.ArrowException, KeyError) as error:
                    raise damaged(path, error) from error
            yield corrections.left(table, kind, meta), meta


def _may_hold(file: pq.ParquetFile, group: int, kind: str) -> bool:
    column = file.schema_arrow.get_field_index("kind")
    statistics = file.metadata.row_group(group).column(column).statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= kind <= statistics.max


def groups_of(file: pq.ParquetFile, kind: str) -> list[int]:
    """Return the row groups that can hold rows of a kind, by what the file says of them."""
    return [group for group in range(file.num_row_groups) if _may_hold(file, group, kind)]


def is_kind(table: pa.Table, kind: str) -> pa.ChunkedArray:
    """Tell of each row whether it is of a kind."""
    return pc.equal(table["kind"].cast(pa.string()), kind)


def _read_kind(file: pq.ParquetFile, kind: str, columns: Sequence[str]) -> pa.Table:
    table = file.read_row_groups(groups_of(file, kind), columns=columns)
    return table.filter(is_kind(table, kind))


class Codes(Interned):
    """Numbers for movie ids, the same in all segments."""

    def of(self, column: pa.ChunkedArray) -> Int32Array:
        """Return the number of each movie id of a dictionary column."""
        parts = [np.empty(0, np.int32)]
        for chunk in column.chunks:
            codes = [self.code(text) for text in chunk.dictionary.to_pylist()]
            parts.append(np.array(codes, np.int32)[chunk.indices.to_numpy()])
        return np.concatenate(parts)

    def in_order(self, codes: Int32Array) -> tuple[Int32Array, list[str]]:
        """Return numbers by alphabet, and the ids they stand for, leaving out ids that are not there."""
        texts = list(self._codes)
        used = sorted(np.unique(codes).tolist(), key=texts.__getitem__)
        place = np.zeros(len(texts), np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        return place[codes], [texts[code] for code in used]
