"""One import, from the recognised files to the published segments: all of it appears, or nothing."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import PARSER_VERSION
from auto_deployment.dataset.quarantine import STREAM_FORM, LinePosition, QuarantineWriter
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import list_segments
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import StagedFile, remove_leftovers
from auto_deployment.ingest.importing.layouts import HAS_HEADER, line_sorter, scale_of
from auto_deployment.ingest.importing.lines import Progress, chunks, digest, ignore_progress, read_lines
from auto_deployment.ingest.importing.parts import Identity, StagedParts, published_parts
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, read_source_catalog
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
    """

    metas: Sequence[SegmentMeta]
    already: bool = False
    users: int = 0
    movies: int = 0
    catalog: SourceCatalog = field(default_factory=SourceCatalog)


def run_import(
    source: Source, paths: Paths, scales: Scales, progress: Progress = ignore_progress
) -> Imported:
    """Import a source unless that was done before.

    Raises `BadInputError` if nothing in it can be used, and `OSError` when the disk fails or is full; either
    way nothing of it is to be seen.
    """
    identity = _identity(source)
    done = published_parts(paths.segments, identity)
    if done is not None:
        _check_scale(source, done[0], scales.asked)
        return Imported(done, already=True)
    _check_not_stored_otherwise(source, paths.segments, identity)
    for folder in (paths.segments, paths.quarantine, paths.catalog):
        remove_leftovers(folder)
    asked = scales.asked or (scales.stream if source.family is Family.STREAM else None)
    scale = asked or scale_of(source.family, source.events)
    catalog = read_source_catalog(source)
    with ExitStack() as cleanup:
        parts = cleanup.enter_context(StagedParts(paths, identity, scale, source.events.name))
        sort = line_sorter(source, scale, catalog.movies, paths.catalog)
        header = 1 if source.family in HAS_HEADER else 0
        for chunk in chunks(islice(read_lines(source.events, progress), header, None)):
            parts.add(chunk, sort)
        if not parts.finish():
            raise _nothing_usable(source.events, parts.rejected())
        staged = _stage_catalog(cleanup, catalog, paths, identity)
        for one in staged:
            one.publish()
        parts.publish()
    return Imported(parts.metas, users=len(parts.users), movies=len(parts.movies), catalog=catalog)


def _identity(source: Source) -> Identity:
    if source.family is Family.STREAM:
        return Identity("file", digest(source.files), STREAM_FORM, PARSER_VERSION)
    return Identity("import", digest(source.files), source.family.name.lower(), IMPORTER_VERSION)


def _stage_catalog(
    cleanup: ExitStack, catalog: SourceCatalog, paths: Paths, identity: Identity
) -> list[StagedFile | QuarantineWriter]:
    staged: list[StagedFile | QuarantineWriter] = []
    if catalog.movies is not None:
        staged.append(cleanup.enter_context(MOVIES.stage(paths.catalog, catalog.movies.frame)))
    if catalog.users is not None:
        staged.append(cleanup.enter_context(USERS.stage(paths.catalog, catalog.users)))
    name = identity.name("catalog")
    quarantine = QuarantineWriter(paths.quarantine, name, identity.form, identity.parser_version)
    staged.append(cleanup.enter_context(quarantine))
    for row in catalog.damaged:
        quarantine.add(row.raw, row.reason, LinePosition(file=row.file, line=row.line))
    quarantine.seal()
    return staged


def _check_scale(source: Source, part: SegmentMeta, asked: tuple[float, float] | None) -> None:
    if asked is not None and tuple(asked) != tuple(part.rating_scale):
        low, high = part.rating_scale
        raise BadInputError(
            f"{source.events} was imported with ratings on {low:g}-{high:g}: remove the segments "
            f"{part.source['kind']}-{part.source['sha256'][:16]}-* first to import it with another scale."
        )


def _check_not_stored_otherwise(source: Source, segments: Path, identity: Identity) -> None:
    """Refuse lines of the stream that another command has begun to store: its segments have other limits."""
    if source.family is not Family.STREAM:
        return
    ours = identity.name("")
    for segment in list_segments(segments):
        if segment.meta.source.get("sha256") == identity.sha256 and not segment.path.name.startswith(ours):
            raise BadInputError(
                f"{source.events} is being stored by `ingest --from-file` ({segment.path.name} holds some of "
                "it): finish it with that command."
            )


def _nothing_usable(path: Path, rejected: dict[str, int]) -> BadInputError:
    if not rejected:
        return BadInputError(f"{path} holds no ratings and no events; nothing was written.")
    (reason, _), lines = Counter(rejected).most_common(1)[0], sum(rejected.values())
    return BadInputError(
        f"None of the {lines:,} lines of {path} can be used (most often: {reason}); nothing was written."
    )
