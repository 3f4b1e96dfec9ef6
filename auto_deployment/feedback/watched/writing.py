"""The file for the release judge, made anew from both tables after each round: a kill costs nothing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from auto_deployment.dataset.catalog import USERS
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.files import write_json
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.watched.asked import Asked, read_asked
from auto_deployment.feedback.watched.counts import count
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import FeedbackLayout, Paths

FORMAT = 1
FORM = "*.json"


class WatchedCounts:
    """Writes a file for the release that bakes, while one does; nobody is named in it."""

    def __init__(self, paths: Paths, store: FeedbackStore, engine: Engine, keep: timedelta) -> None:
        self._paths, self._store, self._engine, self._keep = paths, store, engine, keep
        self._folder = FeedbackLayout(paths.feedback).watched

    def write(self, until: datetime, now: datetime) -> Path | None:
        """Count and write; `until` is the time of the stream's newest line. Raise `MarqueeError`."""
        asked = read_asked(self._paths.evidence)
        if self._folder.is_dir():
            remove_leftovers(self._folder)
            self._remove_before(now - self._keep)
        if asked is None:
            return None
        tracks, groups = count(self._engine, self._store, asked, USERS.read(self._paths.catalog))
        path = self._folder / f"{asked.release}.json"
        write_json(path, _content(asked, until, now) | {"tracks": tracks, "groups": groups})
        return path

    def _remove_before(self, time: datetime) -> None:
        for path in self._folder.glob(FORM):
            if path.stat().st_mtime < time.timestamp():
                path.unlink(missing_ok=True)


def _content(asked: Asked, until: datetime, now: datetime) -> dict[str, Any]:
    times = {"since": asked.since, "until": until, "written_at": now}
    return {
        "format": FORMAT,
        "release": asked.release,
        **{name: time.isoformat() for name, time in times.items()},
    }
