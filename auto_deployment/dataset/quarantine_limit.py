"""The quarantine as a whole: how large it may grow, and the count of what had to go."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.host.files import replace_text

COUNTER_FILE = "dropped.json"


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was removed since the beginning to stay within the limit; `pending`: maybe not yet."""

    files: int = 0
    lines: int = 0
    pending: tuple[str, ...] = ()


def quarantine_paths(directory: Path) -> list[Path]:
    """Return the published files, the oldest first."""
    paths = (path for path in directory.glob("*.parquet") if not path.name.startswith("."))
    return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))


def dropped(directory: Path) -> Dropped:
    try:
        content = json.loads((directory / COUNTER_FILE).read_bytes())
    except FileNotFoundError:
        return Dropped()
    return Dropped(content["files"], content["lines"], tuple(content["pending"]))


def enforce_limit(directory: Path, max_bytes: int) -> Dropped:
    """Remove the oldest files until the rest fits, and return the count of all that ever went.

    The count is written before anything is removed: a crash in between neither loses nor repeats it.
    """
    count = dropped(directory)
    doomed = [directory / name for name in count.pending]
    paths = [path for path in quarantine_paths(directory) if path not in doomed]
    excess = sum(path.stat().st_size for path in paths) - max_bytes
    for path in paths:
        if excess <= 0:
            break
        excess -= path.stat().st_size
        doomed.append(path)
        count = replace(count, files=count.files + 1, lines=count.lines + _lines_in(path))
    if doomed:
        _write_count(directory, replace(count, pending=tuple(path.name for path in doomed)))
        for path in doomed:
            path.unlink(missing_ok=True)
        count = replace(count, pending=())
        _write_count(directory, count)
    return count


def _lines_in(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return 0


def _write_count(directory: Path, count: Dropped) -> None:
    replace_text(directory / COUNTER_FILE, json.dumps(asdict(count)))
