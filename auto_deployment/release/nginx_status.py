"""NGINX's own counter of requests, asked over HTTP."""

from collections.abc import Callable
from http.client import HTTPException
from urllib.request import urlopen

from auto_deployment.release.edge_flow import requests_of_status

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
