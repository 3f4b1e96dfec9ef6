"""*Data*: what came in, what was not taken, and what has changed."""

from auto_deployment.console.data.changes import read_changes
from auto_deployment.console.data.stored import read_stored
from auto_deployment.console.data.stream import stream_facts
from auto_deployment.console.page import Asked, BadQuestionError, Console, Facts, MissingError
from auto_deployment.console.paging import AT_ONCE, part_of
from auto_deployment.console.text import visible
from auto_deployment.dataset.quarantine_limit import Dropped, dropped
from auto_deployment.ingest.open_since import when_closed
from auto_deployment.ingest.quarantine.looking import QuarantineError, files_of, lines_in, look


def facts(console: Console, asked: Asked) -> Facts:
    stored = read_stored(console.paths.segments)
    stream, why_none = stream_facts(console.metrics.prometheus)
    changes = read_changes(console)
    kept = files_of(console.paths.quarantine)
    gone, trouble = _dropped(console)
    batch = console.params.ingest.batch
    return {
        "stored": stored,
        "stream": stream,
        "why_none": why_none,
        "next_segment": when_closed(console.paths.open_batch, batch.max_age_s, console.now()),
        "changes": changes,
        "kept": kept,
        "kept_bytes": sum(one.nbytes for one in kept),
        "gone": gone,
        "trouble": [*stored.damaged.values(), *changes.trouble, *trouble],
    }


def quarantine(console: Console, asked: Asked) -> Facts:
    part = part_of(files_of(console.paths.quarantine), asked.number("page"))
    rows = []
    for one in part.items:
        try:
            rows.append((one, lines_in(one.path), ""))
        except QuarantineError as error:
            rows.append((one, 0, str(error)))
    return {"part": part, "rows": rows}


def lines(console: Console, asked: Asked) -> Facts:
    name, reason, number = asked.words["name"], asked.query.get("reason", ""), asked.number("page")
    found = next((one for one in files_of(console.paths.quarantine) if one.name == name), None)
    if found is None:
        raise MissingError("The quarantine has no such file, or no longer: the page Data has all of them.")
    counted, shown = look(found.path, reason, (number - 1) * AT_ONCE, AT_ONCE)
    if reason and reason not in counted:
        raise BadQuestionError(
            f"No line was rejected for that reason: here are {', '.join(counted) or 'none'}."
        )
    total = counted[reason] if reason else counted.total()
    return {
        "file": found,
        "reason": reason,
        "counted": counted,
        "part": part_of(range(total), number),
        "rows": [(one.place, one.reason, visible(one.raw)) for one in shown],
    }


def _dropped(console: Console) -> tuple[Dropped, list[str]]:
    """Return how much had to go for want of room."""
    try:
        return dropped(console.paths.quarantine), []
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Dropped(), [f"How much of the quarantine had to go cannot be read: {error!r}."]
