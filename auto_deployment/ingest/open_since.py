"""Since when lines wait to become a segment: what ingest tells those who wait for one. Display only."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.host.durations import duration
from auto_deployment.host.files import replace_text

log = logging.getLogger(__name__)


def note(path: Path, since: datetime) -> None:
    """Write down when a batch began; trouble with that is nobody else's."""
    try:
        replace_text(path, f"{since.isoformat()}\n")
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)


def when_closed(path: Path, max_age_s: float, now: datetime) -> str:
    """Say when the open batch becomes a segment, or how long that takes after its first event."""
    since = _since(path)
    closes = None if since is None else since + timedelta(seconds=max_age_s)
    if closes is not None and closes > now >= closes - timedelta(seconds=max_age_s):
        return f"ingest closes its next segment at {closes:%H:%M} UTC"
    return f"ingest closes its next segment at the latest {duration(max_age_s)} after the first event"


def _since(path: Path) -> datetime | None:
    """Return what is written; None without it. A batch that ingest lost with its life is in the past soon."""
    try:
        since = datetime.fromisoformat(path.read_text("utf-8").strip())
    except (OSError, ValueError):
        return None
    return since if since.tzinfo else None
