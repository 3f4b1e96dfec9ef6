"""The quarantine for somebody who looks through it: which files there are, and a few lines of one of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.errors import MarqueeError


class QuarantineError(MarqueeError):
    """A file of the quarantine cannot be read. The message names it."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of rejected lines; they are those that came in with the segment of this name."""

    path: Path
    written: datetime
    nbytes: int

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Line:
    """A rejected line: where it stood, why it was not taken, and what it was."""

    place: str
    reason: str
    raw: bytes


def files_of(quarantine: Path) -> list[File]:
    """Return the files, the newest first."""
    found = [(path, path.stat()) for path in reversed(quarantine_paths(quarantine))]
    return [File(path, datetime.fromtimestamp(one.st_mtime, UTC), one.st_size) for path, one in found]


def lines_in(path: Path) -> int:
    """Return how many lines a file holds; raise `QuarantineError`."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def look(path: Path, reason: str, first: int, count: int) -> tuple[Counter[str], list[Line]]:
    """Return the lines of a file by reason, and some of those of one reason (empty: of all).

    Memory is bounded by the writer's groups of lines, not by the file. Raises `QuarantineError`.
    """
    try:
        with pq.ParquetFile(path) as file:
            reasons = file.read(columns=["reason"])["reason"].cast(pa.string()).combine_chunks()
            counted = Counter({one["values"]: one["counts"] for one in pc.value_counts(reasons).to_pylist()})
            wanted = np.arange(len(reasons)) if not reason else np.flatnonzero(_is(reasons, reason))
            return counted, list(_lines(file, wanted[first : first + count].tolist()))
    except (OSError, KeyError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _is(reasons: pa.Array, reason: str) -> np.ndarray:
    return np.asarray(pc.equal(reasons, reason).to_numpy(zero_copy_only=False))


def _lines(file: pq.ParquetFile, rows: Sequence[int]) -> Iterator[Line]:
    begin = 0
    for group in range(file.metadata.num_row_groups):
        end = begin + file.metadata.row_group(group).num_rows
        if here := [row - begin for row in rows if begin <= row < end]:
            yield from map(_line, file.read_row_group(group).take(here).to_pylist())
        begin = end


def _line(row: dict[str, object]) -> Line:
    at = row["line"] if row["offset"] is None else row["offset"]
    where = row["file"] if row["topic"] is None else f"{row['topic']}/{row['partition']}"
    raw = row["raw"]
    return Line(f"{where}:{at}", str(row["reason"]), raw if isinstance(raw, bytes) else b"")


def _damaged(path: Path, error: Exception) -> QuarantineError:
    return QuarantineError(
        f"{path} cannot be read ({' '.join(str(error).split())}): restore it or move it away."
    )
