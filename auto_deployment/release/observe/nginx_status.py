"""NGINX's own counter of requests, asked over HTTP."""

import re
from collections.abc import Callable
from http.client import HTTPException
from urllib.request import urlopen

UNLOGGED_BASE = 10
UNLOGGED_PER_S = 0.5  # the status page itself is scraped and not logged
REQUESTS = re.compile(r"server accepts handled requests\s+\d+ \d+ (?P<requests>\d+)")


def requests_of_status(page: str) -> int | None:
    """Read NGINX's stub_status page: requests since it started, None when it is another page."""
    found = REQUESTS.search(page)
    return int(found["requests"]) if found else None


def requests_between(before: int | None, after: int | None) -> int | None:
    """Return how many requests came in between; NGINX counts from zero after a restart. None: not known."""
    if before is None or after is None:
        return None
    return after - before if after >= before else after


def log_stopped(lines: int, requests: int | None, duration_s: float) -> bool:
    """Tell whether the log stopped while requests flow; where that cannot be known, no line is as bad."""
    if requests is None:
        return lines == 0
    expected = requests - UNLOGGED_BASE - UNLOGGED_PER_S * duration_s
    return lines < expected / 2


TIMEOUT_S = 2.0


def counter(url: str) -> Callable[[], int | None]:
    """Return what asks NGINX how many requests it took, None where it does not answer."""

    def ask() -> int | None:
        try:
            with urlopen(url, timeout=TIMEOUT_S) as page:
                return requests_of_status(page.read().decode("ascii", "replace"))
        except (OSError, HTTPException):
            return None

    return ask
