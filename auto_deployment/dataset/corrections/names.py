"""Which segments are corrections, told by their names: nothing is opened for that."""

from collections.abc import Iterable
from pathlib import Path

from auto_deployment.dataset.schema import CORRECTION, SegmentMeta

_PREFIX = f"{CORRECTION}-"


def is_correction(path: Path) -> bool:
    return path.name.startswith(_PREFIX)


def correction_name(number: int, digest: str) -> str:
    return f"{_PREFIX}{number:06d}-{digest}"


def number_in(path: Path) -> int:
    return int(path.stem.split("-")[1])


def next_number(paths: Iterable[Path]) -> int:
    """Return a number above that of every correction."""
    return 1 + max((number_in(path) for path in paths if is_correction(path)), default=0)


def number_of(meta: SegmentMeta) -> int:
    """Return the number of a correction; 0 of all else, which every correction may take away from."""
    return int(meta.source["number"]) if meta.source.get("kind") == CORRECTION else 0
