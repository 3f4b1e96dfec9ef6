"""Writing and listing segments: immutable Parquet files that appear whole or not at all."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import METADATA_KEY, SCHEMA, SegmentError, SegmentMeta, open_segment
from auto_deployment.host.files import StagedFile

SUFFIX = ".parquet"
JOINED = "-joined-"  # in the name of a segment that replaces those that were joined into it
_is_reimported = re.compile(r"(?:import|file)-[0-9a-f]{16}r[0-9]+-").match


@dataclass(frozen=True, slots=True)
class Segment:
    """A published segment: where it is, how many rows it holds, and what it says about itself."""

    path: Path
    rows: int
    meta: SegmentMeta


def segment_path(directory: Path, name: str) -> Path:
    """Return where the segment of this name is, or would be."""
    return directory / f"{name}{SUFFIX}"


def stage_segment(
    directory: Path, name: str, batches: Iterable[pa.RecordBatch], meta: Callable[[], SegmentMeta]
) -> StagedFile:
    """Write a segment under a temporary name, a row group a batch; `meta` is asked after the last batch.

    The same batches and facts give the same bytes. The caller publishes the result or discards it; what goes
    wrong here leaves nothing behind.
    """
    staged = StagedFile(segment_path(directory, name))
    try:
        with pq.ParquetWriter(staged.file, SCHEMA, compression="zstd", write_page_checksum=True) as writer:
            for batch in batches:
                writer.write_batch(batch, row_group_size=max(batch.num_rows, 1))
            writer.add_key_value_metadata({METADATA_KEY: meta().to_json()})
        staged.seal()
    except BaseException:
        staged.discard()
        raise
    return staged


def publish_segment(staged: StagedFile) -> bool:
    """Make a staged segment appear; leave alone, and return `False` for, one that is there already."""
    if staged.path.exists():
        staged.discard()
        return False
    staged.publish()
    return True


def list_segments(directory: Path) -> list[Segment]:
    """Read the facts of every segment in order of name; raise `SegmentError` naming a damaged one."""
    with reading(directory):
        return [read_segment(path) for path in segment_paths(directory)]


def sound_segments(
    directory: Path, damaged: dict[str, str], read: Callable[[Path], Segment] | None = None
) -> list[Segment]:
    """Read what `list_segments` reads, and leave out what is damaged: `damaged` gets why, by file name."""
    read = read or read_segment
    sound: list[Segment] = []
    replaced: set[str] = set()
    for path in sorted(path for path in directory.glob(f"*{SUFFIX}") if not path.name.startswith(".")):
        try:
            segment = read(path)
        except SegmentError as error:
            damaged[path.name] = str(error)
            continue
        sound.append(segment)
        if may_replace(path):
            replaced.update(replaced_by(segment))
    return [segment for segment in sound if segment.path.stem not in replaced]


def read_segment(path: Path) -> Segment:
    """Read the facts of one segment from its footer."""
    file, meta = open_segment(path)
    with file:
        return Segment(path, file.metadata.num_rows, meta)


def may_replace(path: Path) -> bool:
    """Tell by its name whether a segment may take the place of others: `replaced_by` then says which."""
    return JOINED in path.stem or _is_reimported(path.stem) is not None


def replaced_by(segment: Segment) -> list[str]:
    """Return the names of the segments that no longer count because of this one."""
    return list(segment.meta.source.get("replaces", ()))


def segment_paths(directory: Path) -> list[Path]:
    """Return the published segments in order of name, without those that another one has replaced.

    Hold `reading` from before this until the files were read: replaced ones go away.
    """
    paths = sorted(path for path in directory.glob(f"*{SUFFIX}") if not path.name.startswith("."))
    gone = replaced_names(paths)
    return [path for path in paths if path.stem not in gone]


def replaced_names(paths: Iterable[Path]) -> set[str]:
    """Return the names of all segments that others of these replace, whether or not they are still there."""
    return {name for path in paths if may_replace(path) for name in replaced_by(read_segment(path))}


def data_hash(directory: Path) -> str:
    """Return a hash of all that training can see: the names and contents of the segments."""
    total = hashlib.sha256()
    with reading(directory):
        for path in segment_paths(directory):
            with path.open("rb") as file:
                total.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
