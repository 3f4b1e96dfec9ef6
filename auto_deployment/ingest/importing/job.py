"""One import, from the recognised files to the published segments: all of it appears, or nothing."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from auto_deployment.dataset.catalog import known_movies
from auto_deployment.dataset.events import PARSER_VERSION
from auto_deployment.dataset.quarantine import STREAM_FORM
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import remove_leftovers
from auto_deployment.ingest.importing.limit import enforce_share, nothing_usable
from auto_deployment.ingest.importing.lines import Progress, chunks, digest, ignore_progress, read_lines
from auto_deployment.ingest.importing.look import Looked, Scales, look
from auto_deployment.ingest.importing.parts import Identity, Part, StagedParts
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, read_source_catalog
from auto_deployment.ingest.importing.staged_catalog import remembers, stage_catalog, stage_users
from auto_deployment.ingest.importing.stored import StoredSource, rejected_of, stored_sources
from auto_deployment.ingest.importing.tables.users import MappedUsers
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.rating_scale import Scale, scale_text
from auto_deployment.ingest.sort_lines import sort_lines
from auto_deployment.ingest.stream import TextLine
from auto_deployment.paths import Paths

# 1 knew a table by the bytes of its files, 2 knows it by what its rows say.
IMPORTER_VERSION = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What an import may do: the scales that were said, and the greatest share of lines left out."""

    scales: Scales
    max_rejected_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Understood:
    """A source before anything of it is written: what it is stored as and, of a table, what is in it."""

    source: Source
    identity: Identity
    catalog: SourceCatalog = field(default_factory=SourceCatalog)
    looked: Looked | None = None

    def scale(self, scales: Scales) -> Scale:
        """Return the scale to store it on; raise `BadInputError` where a table does not show it."""
        if self.looked is None:
            return scales.asked or scales.stream
        return self.looked.scale_or_refuse(self.source)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; of one that was done `already` only the facts of its segments are known.

    `users` and `movies` count those with events, `catalog` the rows that were merged into the catalogue.
    `stored` is the source as which the ratings are there already, `rejected` what is kept of its lines.
    """

    metas: Sequence[SegmentMeta]
    already: bool = False
    users: int = 0
    movies: int = 0
    catalog: SourceCatalog = field(default_factory=SourceCatalog)
    looked: Looked | None = None
    stored: StoredSource | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def before(cls, done: StoredSource, paths: Paths, now: Understood | None = None) -> "Imported":
        """Return what is there of an import that was done before, and what is understood of its files now."""
        catalog, looked = (now.catalog, now.looked) if now else (SourceCatalog(), None)
        metas = [one.meta for one in done.segments]
        kept = rejected_of(paths.quarantine, done.name)
        return cls(metas, already=True, catalog=catalog, looked=looked, stored=done, rejected=kept)

    @classmethod
    def of(cls, parts: StagedParts, understood: Understood) -> "Imported":
        """Return what parts that have been published say."""
        users, movies = len(parts.users), len(parts.movies)
        catalog, looked, kept = understood.catalog, understood.looked, parts.rejected()
        return cls(parts.metas, False, users, movies, catalog, looked, rejected=kept)


def run_import(
    source: Source, paths: Paths, limits: Limits, progress: Progress = ignore_progress
) -> Imported:
    """Import a source unless that was done before.

    Raises `BadInputError` if nothing in it can be used, `TooManyRejectedError`, and `OSError` when the disk
    fails or is full; either way nothing of it is to be seen.
    """
    stored, files = stored_sources(paths.segments), digest(source.files)
    if done := _with_files(stored, files):
        _check_scale(source, done, limits.scales.asked)
        if source.movies is None or remembers(paths.catalog, source.movies_family.name.lower()):
            return Imported.before(done, paths)
    understood = understand(source, files, paths, limits.scales, progress)
    if done := done or _with_rows(stored, understood.identity):
        _check_scale(source, done, limits.scales.asked)
        return _catch_up(understood, paths, done)
    _check_not_stored_otherwise(source, stored, understood.identity)
    remove_all_leftovers(paths)
    with ExitStack() as cleanup:
        parts = stage_parts(cleanup, understood, paths, limits, progress=progress)
        publish(cleanup, paths, parts, understood)
    return Imported.of(parts, understood)


def understand(
    source: Source, files: str, paths: Paths, scales: Scales, progress: Progress = ignore_progress
) -> Understood:
    """Say what a source, whose files have this digest, is stored as; a table is read whole for that."""
    if source.shape is None:
        return Understood(source, Identity("file", files, STREAM_FORM, PARSER_VERSION, files))
    catalog = read_source_catalog(source, paths.catalog)
    looked = look(source, catalog, paths.catalog, scales.asked, progress)
    if not looked.taken:
        raise nothing_usable(str(source.events), looked.rejected)
    identity = Identity("import", looked.digest, source.family.name.lower(), IMPORTER_VERSION, files)
    return Understood(source, identity, catalog, looked)


def stage_parts(
    cleanup: ExitStack,
    understood: Understood,
    paths: Paths,
    limits: Limits,
    replaces: Sequence[str] = (),
    progress: Progress = ignore_progress,
) -> StagedParts:
    """Read a source whole without showing anything of it."""
    source, scale = understood.source, understood.scale(limits.scales)
    name = source.events.name
    form = understood.looked.form if understood.looked else None
    parts = cleanup.enter_context(StagedParts(paths, understood.identity, scale, name, replaces, form))
    if understood.looked is None:
        _read_events(parts, source, paths, scale, limits.max_rejected_share, progress)
    else:
        _read_ratings(parts, source, understood.looked, scale, limits.max_rejected_share, progress)
    return parts


def publish(cleanup: ExitStack, paths: Paths, parts: StagedParts, understood: Understood) -> None:
    """Show what was staged, the catalogue before the segments that rely on it."""
    identity = understood.identity
    _publish_catalog(cleanup, paths, understood, identity.name("catalog"))
    parts.publish()


def _publish_catalog(cleanup: ExitStack, paths: Paths, understood: Understood, name: str) -> None:
    users = understood.looked and understood.looked.users
    if isinstance(users, MappedUsers):
        stage_users(cleanup, paths.catalog, users).publish()
    for one in stage_catalog(cleanup, understood.catalog, paths, name, understood.identity):
        one.publish()
    before = paths.quarantine / f"{name}.parquet"
    if not understood.catalog.damaged and before.exists():  # what was rejected has been corrected
        before.unlink()


def _read_ratings(
    parts: StagedParts, source: Source, looked: Looked, scale: Scale, share: float, progress: Progress
) -> None:
    enforce_share(str(source.events), looked.rejected, looked.taken, share, looked.examples)
    for rows in looked.form.reader(looked.movies, looked.users, scale).read(source.events, progress):
        parts.add_rows(rows, looked.users, looked.movies.ids)
    if not parts.finish() or sum(meta.counts["rating"] for meta in parts.metas) != looked.taken:
        raise BadInputError(f"{source.events} changed while it was read; nothing was written: try again.")


def _read_events(
    parts: StagedParts, source: Source, paths: Paths, scale: Scale, share: float, progress: Progress
) -> None:
    sort = partial(_sort_events, movies=MovieIds(known_movies(paths.catalog)), scale=scale)
    for chunk in chunks(read_lines(source.events, progress)):
        parts.add(chunk, sort)
    if not parts.finish():
        raise nothing_usable(str(source.events), parts.rejected())
    rejected = parts.rejected()
    taken = sum(sum(meta.counts.values()) for meta in parts.metas)
    enforce_share(str(source.events), rejected, taken, share)


def _sort_events(lines: Sequence[TextLine], part: Part, movies: MovieIds, scale: Scale) -> None:
    sort_lines(lines, 0, part, movies, scale)


def remove_all_leftovers(paths: Paths) -> None:
    """Remove what writers that died have left."""
    for folder in (paths.segments, paths.quarantine, paths.catalog):
        remove_leftovers(folder)


def _with_files(stored: Sequence[StoredSource], files: str) -> StoredSource | None:
    """Return what was imported from these very files; the version before knew tables by nothing else."""
    whole = [one for one in stored if one.is_whole]
    return next((one for one in whole if files in (one.sha256, one.parts[0].meta.source.get("files"))), None)


def _with_rows(stored: Sequence[StoredSource], identity: Identity) -> StoredSource | None:
    whole = [one for one in stored if one.is_whole and one.kind == identity.kind]
    return next((one for one in whole if one.sha256 == identity.sha256), None)


def _catch_up(understood: Understood, paths: Paths, done: StoredSource) -> Imported:
    """Take over what the tables beside the ratings say now; the ratings are there."""
    remove_all_leftovers(paths)
    with ExitStack() as cleanup:
        _publish_catalog(cleanup, paths, understood, f"{done.name}-catalog")
    return Imported.before(done, paths, understood)


def _check_scale(source: Source, done: StoredSource, asked: Scale | None) -> None:
    low, high = done.parts[0].meta.rating_scale
    if asked is not None and tuple(asked) != (low, high):
        raise BadInputError(
            f"{source.events} was imported with ratings on {scale_text((low, high))}: "
            f"`import --replace {done.name} --scale {scale_text(asked)} {source.events}` stores it anew."
        )


def _check_not_stored_otherwise(source: Source, stored: Sequence[StoredSource], identity: Identity) -> None:
    """Refuse lines of the stream that another command has begun to store: its segments have other limits."""
    for one in stored:
        piecemeal = [part for part in one.segments if "part" not in part.meta.source]
        if source.shape is None and one.sha256 == identity.sha256 and piecemeal:
            raise BadInputError(
                f"{source.events} is being stored by `ingest --from-file` ({piecemeal[0].path.name} holds "
                "some of it): finish it with that command."
            )
