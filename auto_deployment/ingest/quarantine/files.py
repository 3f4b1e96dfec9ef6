"""Quarantine files as they are read and written again."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.quarantine import METADATA_KEY
from auto_deployment.host.files import StagedFile

_ROWS_AT_ONCE = 10_000


def batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_ROWS_AT_ONCE, columns=list(columns))


def take_out(path: Path, rows: Sequence[int], facts: Mapping[str, Any]) -> None:
    """Write a file again without some rows; its age, by which the oldest goes first, stays."""
    found = path.stat()
    if len(rows) == pq.read_metadata(path).num_rows:
        path.unlink()
        return
    with StagedFile(path) as staged:
        schema = pq.read_schema(path).with_metadata({METADATA_KEY: json.dumps(facts).encode()})
        with pq.ParquetWriter(staged.file, schema, compression="zstd") as writer:
            begin = 0
            for batch in batches(path, schema.names):
                stays = ~np.isin(np.arange(begin, begin + batch.num_rows), rows)
                writer.write_batch(batch.filter(pa.array(stays)))
                begin += batch.num_rows
        staged.seal()
        os.utime(staged.file.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
        staged.publish()


def as_ranges(rows: Sequence[int]) -> list[list[int]]:
    breaks = [i for i, (one, other) in enumerate(pairwise(rows), 1) if other != one + 1]
    return [[rows[begin], rows[end - 1]] for begin, end in pairwise([0, *breaks, len(rows)])]
