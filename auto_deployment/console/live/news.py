"""What is new, in words: of each track by the edge log's last minute, and a mark of the release's state."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from auto_deployment.console.judged import JudgedRecords
from auto_deployment.console.live.edge_traffic import TRACKS, Counts, EdgeTraffic
from auto_deployment.mail.format import value
from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.store import StateError

MINUTE = timedelta(minutes=1)
COLUMNS = (
    ("rate", "Answers a second"),
    ("median", "Median"),
    ("slow", "95 of 100 within"),
    ("errors", "5xx"),
    ("popular", "Popularity lists"),
    ("release", "Release"),
)


def news(paths: Paths, inbox: Inbox, traffic: EdgeTraffic, records: JudgedRecords) -> Mapping[str, Any]:
    """Look at the log once; return the text of each live place, and a mark that changes with the release.

    The newest record is read here already, so that no page waits for that.
    """
    traffic.look()
    with suppress(StateError):  # its page says so
        records.newest()
    return {"live": live_values(traffic), "release": release_mark(paths, inbox)}


def live_values(traffic: EdgeTraffic) -> dict[str, str]:
    """Return place -> text, a place for each track and column."""
    counted, found = traffic.last(MINUTE), {}
    for track in TRACKS:
        for column, text in _texts(counted.get(track, Counts())).items():
            found[f"{track}-{column}"] = text
    return found


def _texts(counts: Counts) -> dict[str, str]:
    return {
        "rate": f"{counts.requests / MINUTE.total_seconds():.1f}",
        "median": value(counts.quantile_ms(0.5), "{:.3g} ms"),
        "slow": value(counts.quantile_ms(0.95), "{:.3g} ms"),
        "errors": value(counts.share(counts.errors, counts.requests), "percent"),
        "popular": value(counts.share(counts.popular, counts.lists), "percent"),
        "release": counts.release or "-",
    }


def release_mark(paths: Paths, inbox: Inbox) -> str:
    """Return what changes whenever a record or what waits for the controller does.

    Both are replaced whole: their folders' times tell, however many releases there are.
    """
    return "-".join(str(_changed_at(folder)) for folder in (paths.releases, inbox.folder))


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
