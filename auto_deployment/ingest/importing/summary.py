"""Imports in a few lines for the person who ran them. Pure."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.dataset.events import Reason
from auto_deployment.dataset.schema import KINDS
from auto_deployment.ingest.importing.job import Imported
from auto_deployment.ingest.importing.limit import reasons_of
from auto_deployment.ingest.importing.look import times_said
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.stored import StoredSource
from auto_deployment.ingest.rating_scale import scale_text
from auto_deployment.paths import Paths


def render_summary(source: Source, imported: Imported, paths: Paths) -> str:
    """Return what was read, taken, rejected and written."""
    counts: Counter[str] = Counter()
    rejected = Counter(imported.rejected)
    if not imported.already:  # else they are kept already
        rejected.update(row.reason for row in imported.catalog.damaged)
    for meta in imported.metas:
        counts.update(meta.counts)
    low, high = imported.metas[0].rating_scale
    lines = [
        f"{source.events}: {source.family}, ratings on {low:g}-{high:g}",
        _times(source, imported),
        _taken(counts, imported),
        _catalog(imported),
        f"repaired movie ids: {counts['repaired']:,}" if counts["repaired"] else "",
        _rejected(rejected, paths.quarantine),
        _other_scale(imported),
        _written(len(imported.metas), imported.already, paths.segments),
        _now_known(imported),
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _times(source: Source, imported: Imported) -> str:
    return f"times: {times_said(source, imported.looked)}" if imported.looked else ""


def _taken(counts: Counter[str], imported: Imported) -> str:
    lines = ", ".join(f"{kind} {counts[kind]:,}" for kind in KINDS if counts[kind])
    whose = "" if imported.already else f"; {imported.users:,} users, {imported.movies:,} movies"
    return f"lines taken: {lines}{whose}"


def _catalog(imported: Imported) -> str:
    movies, users = imported.catalog.movies, imported.catalog.users
    words = [] if movies is None else [f"{len(movies.frame):,} movies"]
    words += [] if users is None else [f"{len(users):,} users"]
    return f"merged into the catalogue: {', '.join(words)}" if words else ""


def _rejected(rejected: Counter[str], quarantine: Path) -> str:
    if not rejected:
        return "rejected: 0"
    return f"rejected: {rejected.total():,} ({reasons_of(rejected)}), kept in {quarantine}"


def _other_scale(imported: Imported) -> str:
    """Say when what is stored was once understood in another way than these ratings are now."""
    stored, shown = imported.metas[0].rating_scale, imported.looked.scale if imported.looked else None
    if not imported.already or shown is None or tuple(shown) == tuple(stored):
        return ""
    return f"stored on {scale_text(stored)}, but these ratings show {scale_text(shown)}"


def _now_known(imported: Imported) -> str:
    """Say how ratings come in whose movies another table of movies may have brought."""
    unknown = imported.rejected.get(Reason.UNKNOWN_MOVIE, 0)
    if not imported.already or imported.catalog.movies is None or not unknown:
        return ""
    return f"rejected for unknown movies: {unknown:,}; `ingest replay-quarantine` tries them again"


def render_sources(sources: Sequence[StoredSource]) -> str:
    """Return a line for each source: what `import --list` prints."""
    rows = [("SOURCE", "KIND", "FILE", "WRITTEN (UTC)", "ROWS", "SCALE", "SEGMENTS", "MB")]
    for one in sources:
        scales = ", ".join(map(scale_text, one.scales)) or "-"
        unfinished = " (unfinished: import it again)" if one.parts and not one.is_whole else ""
        rows.append(
            (
                one.name,
                one.kind,
                one.file_name or "-",
                f"{one.written:%Y-%m-%d %H:%M}",
                f"{one.rows:,}",
                scales,
                str(len(one.segments)),
                f"{one.nbytes / 1e6:,.1f}{unfinished}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _written(parts: int, already: bool, segments: Path) -> str:
    if already:
        return "already imported: nothing to do"
    return f"written: {parts} segment{'' if parts == 1 else 's'} in {segments}"
