"""The master as agents and commands ask it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from auto_deployment.fleet.errors import MasterError
from auto_deployment.fleet.master.report import Report, Told
from auto_deployment.fleet.orders import Order
from auto_deployment.host.codec import from_plain, to_plain

TIMEOUT_S = (3.0, 60.0)  # to connect; to be answered: a store may be slow, and is the master's to wait for
REPORT_TIMEOUT_S = (3.0, 10.0)


class MasterClient:
    """Everything raises `MasterError` with a sentence: the master's own where it has answered."""

    def __init__(self, url: str, token: str, timeout_s: tuple[float, float] = TIMEOUT_S) -> None:
        self._url, self._token, self._timeout_s = url.rstrip("/"), token, timeout_s

    def get(self, *path: str, **query: str) -> dict[str, Any]:
        return self._ask("GET", path, params=query)

    def change(
        self, method: str, *path: str, key: str, by: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask for an operation; under the same key it is done once."""
        headers = {"Idempotency-Key": key, "X-Marquee-By": by.encode("latin-1", "replace").decode("latin-1")}
        named = {} if body is None else {"json": dict(body)}
        return self._ask(method, path, headers=headers, **named)

    def report(self, node: str, report: Report) -> tuple[Order, ...]:
        """Tell how a node is, and return what it is asked to do."""
        answer = self._ask("PUT", ("nodes", node), json=to_plain(report), timeout=REPORT_TIMEOUT_S)
        try:
            return from_plain(Told, answer).orders
        except ValueError as error:
            raise MasterError(f"{self._url} gives no answer of a master ({error}).") from error

    def _ask(
        self, method: str, path: tuple[str, ...], headers: Mapping[str, str] | None = None, **named: Any
    ) -> dict[str, Any]:
        address = "/".join([self._url, *(quote(word, safe="") for word in path)])
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            answer = requests.request(method, address, headers=sent, **{"timeout": self._timeout_s, **named})
        except (requests.RequestException, UnicodeError) as error:
            raise MasterError(
                f"The master {self._url} is away ({_words(error)}): bring it back, or correct MASTER_URL."
            ) from error
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise MasterError(
                f"{self._url} answers {answer.status_code}, and is no master.", answer.status_code
            )
        if not answer.ok:
            raise MasterError(str(found.get("detail", answer.reason)), answer.status_code)
        return found


def _words(error: Exception) -> str:
    """Return why, without the library's own objects."""
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    return " ".join(str(reason).split()).rpartition(": ")[2].rstrip(")") or type(error).__name__
