"""Earlier releases: a line each, newest first, a damaged one as such."""

from dataclasses import dataclass
from datetime import timedelta

from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.release.release import Release
from auto_deployment.release.store import StateError, Store

EACH = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A release of the list, or why it cannot be read."""

    key: str
    release: Release | None
    damaged: str = ""

    @property
    def took(self) -> timedelta:
        return self.release.since - self.release.requested_at if self.release else timedelta()


def facts(console: Console, asked: Asked) -> Facts:
    """Return one part of the list; only its own files are read."""
    store, number = Store(console.paths.releases), asked.number("page")
    keys = store.keys()
    last = max(1, -(-len(keys) // EACH))
    number = min(number, last)
    part = keys[(number - 1) * EACH : number * EACH]
    return {"lines": [_line(store, key) for key in part], "number": number, "last": last, "count": len(keys)}


def _line(store: Store, key: str) -> Line:
    try:
        return Line(key, store.release(key))
    except StateError as error:
        return Line(key, None, str(error))
