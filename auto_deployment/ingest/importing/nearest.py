"""What a file that is not known comes nearest to, and the first thing that differs."""

from auto_deployment.dataset.events import Rejection, parse
from auto_deployment.ingest.importing.tables.columns import NAMES, named_places
from auto_deployment.ingest.importing.tables.sample import lines_of, sample_of

_SHOWN = 60


def nearest(head: bytes) -> str:
    """Return the nearest shape and what differs first, as half a sentence."""
    lines = lines_of(head)
    if not lines:
        return "its first line does not end within 64 KiB."
    if any(",GET /" in line or "recommendation request" in line for line in lines):
        return _as_events(lines)
    sample = sample_of(head)
    if sample is None:
        return (
            f"nearest is a table with a column each for user, movie, rating and time, but line 1 "
            f"({lines[0][:_SHOWN]!r}) and those after it do not divide into the same three or more fields "
            "at a comma, semicolon, tab or `::`."
        )
    if not sample.names:
        return "nearest is a table without a header, but no row has as many fields as the others."
    missing = [role for role in ("user", "movie", "rating") if role not in named_places(sample.names)]
    role = missing[0]
    return (
        f"nearest is a table with a header ({', '.join(sample.names)[:200]}), but none of its columns is "
        f"known to be the {role} (such as {', '.join(NAMES[role][:3])}); if one is, say so with "
        f"`--columns {role}=...`."
    )


def _as_events(lines: list[str]) -> str:
    for number, line in enumerate(lines, 1):
        result = parse(line.encode(), rating_scale=(0, 10))
        if isinstance(result, Rejection):
            return (
                f"nearest are event lines, but line {number} ({line[:_SHOWN]!r}) fails at: {result.reason}."
            )
    return "nearest are event lines."
