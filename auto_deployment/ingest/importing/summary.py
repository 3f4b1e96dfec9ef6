"""An import in a few lines for the person who ran it. Pure."""

from collections import Counter
from pathlib import Path

from auto_deployment.dataset.schema import KINDS
from auto_deployment.ingest.importing.job import Imported
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.paths import Paths


def render_summary(source: Source, imported: Imported, paths: Paths) -> str:
    """Return what was read, taken, rejected and written."""
    counts: Counter[str] = Counter()
    rejected = Counter(row.reason for row in imported.catalog.damaged)
    for meta in imported.metas:
        counts.update(meta.counts)
        rejected.update(meta.rejected_by_reason)
    low, high = imported.metas[0].rating_scale
    lines = [
        f"{source.events}: {source.family}, ratings on {low:g}-{high:g}",
        _taken(counts, imported),
        _catalog(imported),
        f"repaired movie ids: {counts['repaired']:,}" if counts["repaired"] else "",
        _rejected(rejected, paths.quarantine),
        _written(len(imported.metas), imported.already, paths.segments),
    ]
    return "".join(f"{line}\n" for line in lines if line)


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
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in rejected.most_common())
    return f"rejected: {rejected.total():,} ({reasons}), kept in {quarantine}"


def _written(parts: int, already: bool, segments: Path) -> str:
    if already:
        return "already imported: nothing to do"
    return f"written: {parts} segment{'' if parts == 1 else 's'} in {segments}"
