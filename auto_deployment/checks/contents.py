"""What all segments hold, read once: rows that cannot be, ratings that are there twice, values of ratings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.checks.rows import RowFault, first_fault
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.reading import RatingUnion
from auto_deployment.dataset.schema import SCHEMA, SegmentMeta, damaged, open_segment
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.tables import is_kind


@dataclass(frozen=True, slots=True)
class Contents:
    """The first fault of each segment that has one, how many ratings count, how many of them again.

    `values` says how often each rating is in each segment, by its name, also those that no longer count.
    """

    faults: Sequence[RowFault]
    ratings: int
    absorbed: int
    values: Mapping[str, Counter[float]]


def read_contents(segments: Path) -> Contents:
    """Read every segment, its checksums verified, a row group at a time; raise `SegmentError`."""
    faults: list[RowFault] = []
    values: dict[str, Counter[float]] = {}
    union = RatingUnion()
    with reading(segments):
        paths = segment_paths(segments)
        corrections = read_corrections(paths)
        for path in paths:
            file, meta = open_segment(path)
            with file:
                if not file.schema_arrow.remove_metadata().equals(SCHEMA):
                    faults.append(RowFault(path.name, None, "its columns are not those of a segment."))
                    continue
                try:
                    fault, values[path.stem] = _read(path.name, file, meta, corrections, union)
                except (OSError, pa.ArrowException) as error:
                    raise damaged(path, error) from error
            faults += [] if fault is None else [fault]
    frame, absorbed = union.read()
    return Contents(faults, len(frame) + absorbed, absorbed, values)


def _read(
    name: str, file: pq.ParquetFile, meta: SegmentMeta, corrections: Corrections, union: RatingUnion
) -> tuple[RowFault | None, Counter[float]]:
    fault, values, begin = None, Counter[float](), 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group)
        if fault is None and (fault := first_fault(name, table, meta.rating_scale)) and fault.row is not None:
            fault = replace(fault, row=begin + fault.row)
        begin += len(table)
        rated = table.filter(is_kind(table, "rating"))
        values.update(_values(rated["rating"]))
        union.add(corrections.left(rated, "rating", meta), meta.rating_scale)
    return fault, values


def _values(ratings: pa.ChunkedArray) -> Counter[float]:
    counted = pc.value_counts(ratings.drop_null()).to_pylist()
    return Counter({round(one["values"], 5): one["counts"] for one in counted if one["values"] >= 0})
