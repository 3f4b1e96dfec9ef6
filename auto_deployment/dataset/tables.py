"""The rows of one kind, segment after segment, and movie ids as numbers that hold across segments."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.minutes import Int32s
from auto_deployment.dataset.schema import SegmentMeta, damaged, open_segment
from auto_deployment.dataset.segments import segment_paths


def kind_tables(segments: Path, kind: str, columns: Sequence[str]) -> Iterator[tuple[pa.Table, SegmentMeta]]:
    """Yield the rows of a kind in each segment, by name; raise `SegmentError` naming a damaged one."""
    with reading(segments):
        for path in segment_paths(segments):
            file, meta = open_segment(path)
            with file:
                try:
                    table = _read_kind(file, kind, columns)
                except (OSError, pa.ArrowException, KeyError) as error:
                    raise damaged(path, error) from error
            yield table, meta


def may_hold(file: pq.ParquetFile, group: int, kind: str) -> bool:
    """Tell whether a row group can hold rows of a kind, without reading it."""
    column = file.schema_arrow.get_field_index("kind")
    statistics = file.metadata.row_group(group).column(column).statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= kind <= statistics.max


def _read_kind(file: pq.ParquetFile, kind: str, columns: Sequence[str]) -> pa.Table:
    groups = [group for group in range(file.num_row_groups) if may_hold(file, group, kind)]
    table = file.read_row_groups(groups, columns=["kind", *columns])
    return table.filter(pc.equal(table["kind"].cast(pa.string()), kind))


class Codes:
    """Numbers for movie ids, the same in all segments."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def of(self, column: pa.ChunkedArray) -> Int32s:
        """Return the number of each movie id of a dictionary column."""
        parts = [np.empty(0, np.int32)]
        for chunk in column.chunks:
            codes = [self._codes.setdefault(text, len(self._codes)) for text in chunk.dictionary.to_pylist()]
            parts.append(np.array(codes, np.int32)[chunk.indices.to_numpy()])
        return np.concatenate(parts)

    def coded(self, codes: Int32s) -> pa.DictionaryArray:
        """Return a dictionary column of these numbers."""
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(self._codes), pa.string()))

    def in_order(self, codes: Int32s) -> tuple[Int32s, list[str]]:
        """Return numbers by alphabet, and the ids they stand for, leaving out ids that are not there."""
        texts = list(self._codes)
        used = sorted(np.unique(codes).tolist(), key=texts.__getitem__)
        place = np.zeros(len(texts), np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        return place[codes], [texts[code] for code in used]
