"""Files in the place of an earlier import, in one step: the last rename makes the new count and the old not.

Whoever is killed before it leaves the old, and parts of the new that the same command replaces as well;
whoever is killed after it leaves files that every reader passes over and the same command removes.
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from auto_deployment.dataset.compaction import remove_replaced
from auto_deployment.dataset.locks import removing
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import SUFFIX, Segment, replaced_by, replaced_names
from auto_deployment.errors import BadInputError
from auto_deployment.host.locks import BusyError
from auto_deployment.ingest.importing.job import (
    Imported,
    Limits,
    Understood,
    publish,
    remove_all_leftovers,
    stage_parts,
    understand,
)
from auto_deployment.ingest.importing.lines import Progress, digest, ignore_progress
from auto_deployment.ingest.importing.parts import Identity, StagedParts
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.stored import StoredSource, imported_name, stored_sources
from auto_deployment.paths import Paths


@dataclass(frozen=True, slots=True)
class Replaced:
    """What replacing did: the new imports, and the sources that no longer count."""

    imported: Sequence[Imported]
    names: Sequence[str]


def replace_import(
    wanted: str, sources: Sequence[Source], paths: Paths, limits: Limits, progress: Progress = ignore_progress
) -> Replaced:
    """Store sources instead of the one that is wanted away. Nobody else may write meanwhile.

    Raises `BadInputError` for a source that there is not or that cannot be replaced, `BusyError` while
    segments are read, and what an import raises; all of them before anything is changed.
    """
    stored = stored_sources(paths.segments)
    _check_tables(sources)
    files = [understand(one, digest(one.files), paths, limits.scales, progress) for one in sources]
    _check_contents(files)
    new = [one for one in stored if one.sha256 in {file.identity.sha256 for file in files}]
    done = _find_done(wanted, stored, new)
    if done and done.scales in ([], [files[-1].scale(limits.scales)]):
        return _finish(paths, [Imported.before(done, paths)], done.segments)
    old = done or find_source(wanted, stored)
    _check_free(paths.segments)
    remove_all_leftovers(paths)
    replaces = _names([*old.segments, *(segment for one in new for segment in one.segments)])
    files = [replace(file, identity=_numbered(file.identity, paths.segments)) for file in files]
    with ExitStack() as cleanup:
        staged: list[tuple[StagedParts, Understood]] = []
        for file in files:
            away = replaces if file is files[-1] else ()
            staged.append((stage_parts(cleanup, file, paths, limits, away, progress), file))
        _publish(cleanup, paths, staged)
    imported = [Imported.of(parts, file) for parts, file in staged]
    return _finish(paths, imported, stored_segments(paths, files[-1].identity.source))


def find_source(wanted: str, stored: Sequence[StoredSource]) -> StoredSource:
    """Return the source of this name, beginning of a name, or file name; else say which there are."""
    found = [one for one in stored if wanted in (one.name, one.file_name)]
    found = found or [one for one in stored if one.name.startswith(wanted)]
    if len(found) == 1 and found[0].kind in ("import", "file"):
        return found[0]
    imported = [one for one in stored if one.kind in ("import", "file")]
    there = ", ".join(one.name + (f" ({one.file_name})" if one.file_name else "") for one in imported)
    why = "is not one imported source"
    if len(found) == 1:
        why = "was not imported from a file, so no file can take its place"
    raise BadInputError(f"{wanted} {why}: there {f'are {there}' if there else 'is none'}.")


def stored_segments(paths: Paths, name: str) -> Sequence[Segment]:
    """Return the segments of one source."""
    return next(one.segments for one in stored_sources(paths.segments) if one.name == name)


def _check_tables(sources: Sequence[Source]) -> None:
    if len(sources) > 1 and any(source.shape is not None for source in sources):
        raise BadInputError("Several files can replace a source only where all are captured event lines.")


def _check_contents(files: Sequence[Understood]) -> None:
    if len({file.identity.sha256 for file in files}) < len(files):
        raise BadInputError("Two of the files have the same content: give one of them.")


def _find_done(
    wanted: str, stored: Sequence[StoredSource], new: Sequence[StoredSource]
) -> StoredSource | None:
    """Return what has replaced the wanted one already, by the same command."""
    if any(one.name == wanted for one in stored):
        return None
    for one in new:
        if wanted in {imported_name(name) for segment in one.segments for name in replaced_by(segment)}:
            return one
    return None


def _names(segments: Sequence[Segment]) -> list[str]:
    """Return what is to be replaced; what those have replaced must not come back when they go."""
    return sorted({name for one in segments for name in (one.path.stem, *replaced_by(one))})


def _numbered(identity: Identity, segments: Path) -> Identity:
    """Return an identity whose names no segment has or had."""
    paths = [path for path in segments.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
    pattern = re.compile(rf"{re.escape(identity.source)}(?:r([0-9]+))?-")
    used = [
        found
        for name in {path.stem for path in paths} | replaced_names(paths)
        if (found := pattern.match(name))
    ]
    return replace(identity, replacement=1 + max((int(one[1] or 0) for one in used), default=0))


def _check_free(segments: Path) -> None:
    segments.mkdir(parents=True, exist_ok=True)
    with removing(segments) as alone:
        if not alone:
            raise _busy()


def _busy() -> BusyError:
    return BusyError(
        "The segments are being read (by training, for example): nothing was replaced, try later."
    )


def _publish(cleanup: ExitStack, paths: Paths, staged: Sequence[tuple[StagedParts, Understood]]) -> None:
    """Show everything while nobody reads; the very last rename takes the old away."""
    with removing(paths.segments) as alone:
        if not alone:
            raise _busy()
        for parts, file in staged:
            publish(cleanup, paths, parts, file)


def _finish(paths: Paths, imported: Sequence[Imported], segments: Sequence[Segment]) -> Replaced:
    """Remove the segments that no longer count, unless somebody reads, and their rejected lines."""
    gone = {imported_name(name) for segment in segments for name in replaced_by(segment)}
    gone -= {
        imported_name(segment.path.stem) for segment in segments
    }  # written anew, and still the same import
    names = sorted(name for name in gone if name is not None)
    remove_replaced(paths.segments)
    for path in quarantine_paths(paths.quarantine):
        if imported_name(path.stem) in names:
            path.unlink()
    return Replaced(imported, names)
