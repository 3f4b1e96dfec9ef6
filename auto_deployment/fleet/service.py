"""What a service on this node says that it serves."""

from collections.abc import Callable

import requests

ASKS = 4  # each may meet another worker, and workers change models one by one
TIMEOUT_S = 2.0
Answers = Callable[[], str | None]


def answers_of(url: str) -> Answers:
    """Return what asks a service which model answers; it returns None unless all answers are the same."""
    address = f"{url.rstrip('/')}/version"

    def ask() -> str | None:
        found = {_version(address) for _ in range(ASKS)}
        return found.pop() if len(found) == 1 else None

    return ask


def _version(address: str) -> str | None:
    try:
        answer = requests.get(address, timeout=TIMEOUT_S)
        answer.raise_for_status()
        version = answer.json()["model_version"]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, str) else None
