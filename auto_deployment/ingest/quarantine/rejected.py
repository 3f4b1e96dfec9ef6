"""What is in the quarantine, row by row, for a person who looks for what is missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from auto_deployment.dataset.quarantine_limit import quarantine_paths

_ROWS_AT_ONCE = 10_000


def list_rejected(quarantine: Path) -> Iterator[dict[str, Any]]:
    """Yield each rejected line, the oldest file first: where it stood, why it was not taken, its text."""
    for path in quarantine_paths(quarantine):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    place = {name: row[name] for name in ("topic", "partition", "offset", "file", "line")}
                    shown = {name: value for name, value in place.items() if value is not None}
                    yield {**shown, "reason": row["reason"], "raw": row["raw"].decode("utf-8", "replace")}


def render_rejected(row: dict[str, Any]) -> str:
    """Return one line about a rejected one."""
    where = row["file"] if "file" in row else f"{row['topic']}/{row['partition']}"
    return f"{where}:{row.get('line', row.get('offset'))}: {row['reason']}: {row['raw']!r}\n"
