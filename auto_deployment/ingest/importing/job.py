"""One import, from the recognised files to the published segments: all of it appears, or nothing."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from auto_deployment.dataset.events import PARSER_VERSION
from auto_deployment.dataset.quarantine import STREAM_FORM
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import remove_leftovers
from auto_deployment.ingest.importing.layouts import HAS_HEADER, line_sorter, scale_of
from auto_deployment.ingest.importing.lines import Progress, chunks, digest, ignore_progress, read_lines
from auto_deployment.ingest.importing.parts import Identity, StagedParts
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, read_source_catalog
from auto_deployment.ingest.importing.staged_catalog import remembers, stage_catalog
from auto_deployment.ingest.importing.stored import StoredSource, stored_sources
from auto_deployment.paths import Paths

IMPORTER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Scales:
    """What was said about ratings: `asked` for this file, if at all, and of the `stream` in general."""

    asked: tuple[float, float] | None
    stream: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; of one that was done `already` only the facts of its segments are known.

    `users` and `movies` count those with events, `catalog` the rows that were merged into the catalogue.
    `stored` is the source as which the ratings are there already.
    """

    metas: Sequence[SegmentMeta]
    already: bool = False
    users: int = 0
    movies: int = 0
    catalog: SourceCatalog = field(default_factory=SourceCatalog)
    stored: StoredSource | None = None


def run_import(
    source: Source, paths: Paths, scales: Scales, progress: Progress = ignore_progress
) -> Imported:
    """Import a source unless that was done before.

    Raises `BadInputError` if nothing in it can be used, and `OSError` when the disk fails or is full; either
    way nothing of it is to be seen.
    """
    identity = identify(source)
    stored = stored_sources(paths.segments)
    if done := _find_done(stored, identity):
        _check_scale(source, done, scales.asked)
        return _catch_up(source, paths, identity, done)
    _check_not_stored_otherwise(source, stored, identity)
    remove_all_leftovers(paths)
    with ExitStack() as cleanup:
        parts, catalog = stage_parts(cleanup, source, paths, scales, identity, progress=progress)
        for one in stage_catalog(cleanup, catalog, paths, identity.name("catalog"), identity):
            one.publish()
        parts.publish()
    return Imported(parts.metas, users=len(parts.users), movies=len(parts.movies), catalog=catalog)


def stage_parts(
    cleanup: ExitStack,
    source: Source,
    paths: Paths,
    scales: Scales,
    identity: Identity,
    replaces: Sequence[str] = (),
    progress: Progress = ignore_progress,
) -> tuple[StagedParts, SourceCatalog]:
    """Read a source whole without showing anything of it."""
    asked = scales.asked or (scales.stream if source.family is Family.STREAM else None)
    scale = asked or scale_of(source.family, source.events)
    catalog = read_source_catalog(source, paths.catalog)
    parts = cleanup.enter_context(StagedParts(paths, identity, scale, source.events.name, replaces))
    sort = line_sorter(source, scale, catalog.movies, paths.catalog)
    header = 1 if source.family in HAS_HEADER else 0
    for chunk in chunks(islice(read_lines(source.events, progress), header, None)):
        parts.add(chunk, sort)
    if not parts.finish():
        raise _nothing_usable(source.events, parts.rejected())
    return parts, catalog


def remove_all_leftovers(paths: Paths) -> None:
    """Remove what writers that died have left."""
    for folder in (paths.segments, paths.quarantine, paths.catalog):
        remove_leftovers(folder)


def identify(source: Source) -> Identity:
    """Return what the files are stored as."""
    own = [digest([path]) for path in source.files]
    whole = own[0] if len(own) == 1 else hashlib.sha256(bytes.fromhex("".join(own))).hexdigest()
    if source.family is Family.STREAM:
        return Identity("file", whole, STREAM_FORM, PARSER_VERSION, own[0])
    return Identity("import", whole, source.family.name.lower(), IMPORTER_VERSION, own[0])


def _find_done(stored: Sequence[StoredSource], identity: Identity) -> StoredSource | None:
    """Return the source that holds these files, or these ratings beside other tables."""
    whole = [one for one in stored if one.kind == identity.kind and one.is_whole]
    same = [one for one in whole if one.sha256 == identity.sha256]
    same += [one for one in whole if one.parts[0].meta.source.get("events") == identity.events]
    return same[0] if same else None


def _catch_up(source: Source, paths: Paths, identity: Identity, done: StoredSource) -> Imported:
    """Take over what the tables beside the ratings say now; the ratings are there."""
    metas = [part.meta for part in done.parts]
    if done.sha256 == identity.sha256 and (source.movies is None or remembers(paths.catalog, identity.form)):
        return Imported(metas, already=True, stored=done)
    remove_all_leftovers(paths)
    catalog = read_source_catalog(source, paths.catalog)
    with ExitStack() as cleanup:
        for one in stage_catalog(cleanup, catalog, paths, f"{done.name}-catalog", identity):
            one.publish()
    return Imported(metas, already=True, catalog=catalog, stored=done)


def _check_scale(source: Source, done: StoredSource, asked: tuple[float, float] | None) -> None:
    low, high = done.parts[0].meta.rating_scale
    if asked is not None and tuple(asked) != (low, high):
        raise BadInputError(
            f"{source.events} was imported with ratings on {low:g}-{high:g}: `import --replace {done.name} "
            f"--scale {asked[0]:g}-{asked[1]:g} {source.events}` stores it anew."
        )


def _check_not_stored_otherwise(source: Source, stored: Sequence[StoredSource], identity: Identity) -> None:
    """Refuse lines of the stream that another command has begun to store: its segments have other limits."""
    for one in stored:
        piecemeal = [part for part in one.segments if "part" not in part.meta.source]
        if source.family is Family.STREAM and one.sha256 == identity.sha256 and piecemeal:
            raise BadInputError(
                f"{source.events} is being stored by `ingest --from-file` ({piecemeal[0].path.name} holds "
                "some of it): finish it with that command."
            )


def _nothing_usable(path: Path, rejected: dict[str, int]) -> BadInputError:
    if not rejected:
        return BadInputError(f"{path} holds no ratings and no events; nothing was written.")
    (reason, _), lines = Counter(rejected).most_common(1)[0], sum(rejected.values())
    return BadInputError(
        f"None of the {lines:,} lines of {path} can be used (most often: {reason}); nothing was written."
    )
