"""Link closed segments and copy the catalogue into the cycle's clone; leave damaged segments out."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from auto_deployment.cycle.context import Cycle
from auto_deployment.dataset.corrections.held_record import read_held
from auto_deployment.dataset.corrections.names import is_correction
from auto_deployment.dataset.published import mark_published
from auto_deployment.dataset.schema import NEVER_PUBLISHED, SegmentError, open_segment
from auto_deployment.dataset.schema import damaged as damaged_segment
from auto_deployment.dataset.segments import SUFFIX, replaced_names, segment_path, sound_segments
from auto_deployment.host.files import making, remove_leftovers
from auto_deployment.paths import Paths


@dataclass(frozen=True, slots=True)
class Intake:
    """Names of the segments that a cycle works on, those that are new, and why others were left out."""

    segments: tuple[str, ...]
    new: tuple[str, ...]
    new_bytes: int
    damaged: dict[str, str] = field(default_factory=dict)


def take_segments(paths: Paths, clone: Path) -> Intake:
    """Link closed segments into the clone and copy the catalogue; call with `reading(paths.segments)` held.

    Segments never change, so a link is as good as a copy. What the clone has was checked when it came. Raises
    `SegmentError` for a damaged correction: no model shall be made of what it takes away.
    """
    target, catalog = clone / "data" / "segments", clone / "data" / "catalog"
    target.mkdir(parents=True, exist_ok=True)
    for folder in (target, catalog):  # what a killed cycle left would be versioned
        remove_leftovers(folder)
    kept = {path.name for path in target.glob(f"*{SUFFIX}")}
    damaged: dict[str, str] = {}
    new: list[str] = []
    new_bytes = 0
    for path in sound_paths(paths.segments, damaged):
        if path.name in kept:
            continue
        if reason := damage_of(path):
            damaged[path.name] = reason
            continue
        link(path, target / path.name)
        new.append(path.stem)
        new_bytes += path.stat().st_size
    for name, reason in damaged.items():
        if is_correction(Path(name)):
            raise SegmentError(reason)
    # What others have replaced stays, but for what held somebody who wants to be forgotten.
    for name in replaced_names(target.glob(f"*{SUFFIX}")) & read_held(paths.forgotten).keys():
        segment_path(target, name).unlink(missing_ok=True)
    copy_catalog(paths.catalog, catalog)
    present = tuple(sorted(path.stem for path in target.glob(f"*{SUFFIX}")))
    return Intake(present, tuple(new), new_bytes, damaged)


def mark_linked(cycle: Cycle) -> None:
    """Say which segments have left this host, all that the clone has: those are never joined any more."""
    linked = cycle.workspace.segments.glob(f"*{SUFFIX}")
    mark_published(cycle.paths, [path.stem for path in linked])


def sound_paths(segments: Path, damaged: dict[str, str]) -> list[Path]:
    """List the segments that can be opened and were not replaced by another of them; name the others."""
    return [segment.path for segment in sound_segments(segments, damaged)]


def damage_of(path: Path) -> str | None:
    """Read every page of a segment once; return what is wrong with it."""
    try:
        file, _ = open_segment(path)
        with file:
            for _ in file.iter_batches(batch_size=262_144):
                pass
    except SegmentError as error:
        return str(error)
    except (OSError, pa.ArrowException) as error:
        return str(damaged_segment(path, error))
    return None


def link(source: Path, target: Path) -> None:
    """Link a file that never changes; copy it where the folders are on different disks."""
    with making(target) as made:
        try:
            os.link(source, made)
        except OSError:
            shutil.copy2(source, made)
        made.rename(target)


def copy_catalog(source: Path, target: Path) -> None:
    """Copy what is known of movies and users; it changes in place, so it cannot be linked."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob(f"*{SUFFIX}")):
        if not path.name.startswith(".") and path.name != NEVER_PUBLISHED:
            with making(target / path.name) as made:
                shutil.copyfile(path, made)
                made.rename(target / path.name)
    if not any(target.iterdir()):
        (target / "empty").write_text("No catalogue came in.\n", "utf-8")
