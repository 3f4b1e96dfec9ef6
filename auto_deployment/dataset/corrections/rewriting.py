"""Segments written anew without the events of forgotten users: all else stays, and so do positions.

As when segments are joined: the new one names the one it replaces, which no longer counts from then on and is
removed. Published versions keep what they have until retention removes them.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import BoolArray, int64s
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.compaction import remove_replaced
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.corrections.held_record import add_held
from auto_deployment.dataset.corrections.keys import Key, keys_of, with_keys
from auto_deployment.dataset.corrections.names import is_correction
from auto_deployment.dataset.joining import Joining
from auto_deployment.dataset.locks import reading, removing
from auto_deployment.dataset.schema import FORGOTTEN, open_segment, read_segment_table
from auto_deployment.dataset.segments import (
    JOINED,
    read_segment,
    replaced_by,
    segment_paths,
    stage_segment,
)
from auto_deployment.dataset.tables import is_kind
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Names of segments that held events of forgotten users: written anew, and waiting for their readers."""

    done: tuple[str, ...] = ()
    put_off: tuple[str, ...] = ()


def rewrite(paths: Paths, check: Callable[[], None] = lambda: None) -> Rewritten:
    """Take the events of all forgotten users out of the segments; what is being read waits.

    Call with `compaction_lock` held. `check` may raise to end it: what is not finished leaves nothing behind.
    """
    if not paths.segments.is_dir():  # nothing has come in yet
        return Rewritten()
    remove_leftovers(paths.segments)
    remove_replaced(paths.segments)
    with reading(paths.segments):
        listed = segment_paths(paths.segments)
        corrections = read_corrections(listed)
        if not corrections.forgotten:
            return Rewritten()
        holding = [path for path in listed if _wishes(path, corrections)]
        add_held(paths.forgotten, _held(holding, corrections))
    done: dict[bool, list[str]] = {True: [], False: []}
    for path in holding:
        check()
        done[_rewrite_one(paths, path, corrections, check)].append(path.stem)
    return Rewritten(tuple(done[True]), tuple(done[False]))


def _held(holding: Sequence[Path], corrections: Corrections) -> dict[str, set[int]]:
    """Return what is held by name; versions may have what a segment has replaced, and so what it has."""
    found: dict[str, set[int]] = {}
    for path in holding:
        numbers = _wishes(path, corrections)
        for name in (path.stem, *replaced_by(read_segment(path))):
            found.setdefault(name, set()).update(numbers)
    return found


def _wishes(path: Path, corrections: Corrections) -> set[int]:
    """Return the numbers of the wishes of those of whom a segment holds anything but the wish itself."""
    table, _ = read_segment_table(path, ["kind", "user_id", "time"])
    users = np.unique(int64s(table["user_id"])[_covered(table, corrections)])
    return {corrections.forgotten[user].number for user in users.tolist()}


def _covered(table: pa.Table, corrections: Corrections) -> BoolArray:
    is_wish = is_kind(table, FORGOTTEN).to_numpy()
    covered: BoolArray = corrections.forgets(int64s(table["user_id"]), int64s(table["time"])) & ~is_wish
    return covered


def _rewrite_one(paths: Paths, path: Path, corrections: Corrections, check: Callable[[], None]) -> bool:
    segment = read_segment(path)
    source = {**segment.meta.source, "replaces": [*replaced_by(segment), path.stem]}
    if is_correction(path):
        source = with_keys(source, (key for key in keys_of(source) if not _is_forgotten(key, corrections)))
        batches = _left_of_correction(path, corrections)
    else:
        batches = Joining([path], check, corrections).record_batches()
    name = _name(path.stem, corrections)
    with (
        stage_segment(paths.segments, name, batches, lambda: replace(segment.meta, source=source)) as staged,
        removing(paths.segments) as alone,
    ):
        if not alone or not path.exists():
            log.info("%s is not written anew now: it is being read.", path.stem)
            return False
        staged.publish()
        path.unlink()
    log.info("%s is written anew without the events of forgotten users", path.stem)
    return True


def _is_forgotten(key: Key, corrections: Corrections) -> bool:
    wish = corrections.forgotten.get(key.user_id)
    return wish is not None and microseconds(key.written_at) <= wish.until_us


def _left_of_correction(path: Path, corrections: Corrections) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a correction without those about forgotten users, each kind for itself."""
    file, _ = open_segment(path)
    with file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            left = table.filter(pa.array(~_covered(table, corrections)))
            yield from left.combine_chunks().to_batches()


def _name(stem: str, corrections: Corrections) -> str:
    """Return a name that sorts as the old one does, which nothing else has."""
    said = f"{stem} {sorted(corrections.forgotten.items())}"
    return f"{stem.partition(JOINED)[0]}{JOINED}{hashlib.sha256(said.encode()).hexdigest()[:8]}"
