"""*Now*: who serves what, what users meet this minute, and plots of the last hour or the release."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from auto_deployment.console.live.edge_traffic import TRACKS
from auto_deployment.console.live.metrics import Window
from auto_deployment.console.live.news import COLUMNS, live_values
from auto_deployment.console.models.version import is_version, made_at
from auto_deployment.console.page import Asked, BadQuestionError, Console, Facts
from auto_deployment.errors import MarqueeError
from auto_deployment.release.records import Serving, read_serving
from auto_deployment.release.release import Release
from auto_deployment.release.store import Store

HOUR = timedelta(hours=1)
LAST_HOUR, RELEASE = "hour", "release"
T = TypeVar("T")


def facts(console: Console, asked: Asked) -> Facts:
    """Return what is known; a record that cannot be read is said, and hides nothing else."""
    said: list[str] = []
    serving = _known(lambda: read_serving(console.paths), said)
    release = _known(lambda: _newest(console), said)
    traffic = _known(lambda: console.look.traffic(), said)
    window = _window(console, asked, release)
    weights = dict(sorted(traffic.weights.items())) if traffic else {}
    return {
        "said": [*said, *filter(None, [console.traffic.trouble])],
        "serving": serving,
        "serves_for": console.now() - datetime.fromisoformat(serving.since) if serving else None,
        "age": _age(console, serving),
        "release": release,
        "ended_for": console.now() - release.since if release else None,
        "instances": traffic.names if traffic else frozenset(),
        "weights": weights,
        "total": sum(weights.values()),
        "tracks": TRACKS,
        "columns": COLUMNS,
        "live": live_values(console.traffic),
        "segment_age": _segment_age(console),
        "window": window,
        "shown": console.metrics.plots(window),
    }


def _known(read: Callable[[], T], said: list[str]) -> T | None:
    try:
        return read()
    except MarqueeError as error:
        said.append(str(error))
        return None


def _age(console: Console, serving: Serving | None) -> timedelta | None:
    """Return how old the model of stable is, None where its name does not say when it was made."""
    current = console.paths.current_model  # of plain processes, until the first release
    name = serving.model_version if serving else current.resolve().name if current.exists() else ""
    return console.now() - made_at(name) if is_version(name) else None


def _newest(console: Console) -> Release | None:
    store = Store(console.paths.releases)
    keys = store.keys()
    return store.release(keys[0]) if keys else None


def _window(console: Console, asked: Asked, release: Release | None) -> Window:
    name, now = asked.query.get("window", LAST_HOUR), console.now()
    if name not in (LAST_HOUR, RELEASE):
        raise BadQuestionError(f"window is {LAST_HOUR} or {RELEASE}.")
    if name == LAST_HOUR or release is None:
        return Window(LAST_HOUR, now - HOUR, now)
    return Window(RELEASE, release.requested_at, now if release.under_way else release.since)


def _segment_age(console: Console) -> timedelta | None:
    """Return how old the newest segment of events is, None where there is none."""
    folder = console.paths.segments
    times = [path.stat().st_mtime for path in folder.glob("*.parquet")] if folder.is_dir() else []
    return timedelta(seconds=max(console.now().timestamp() - max(times), 0.0)) if times else None
