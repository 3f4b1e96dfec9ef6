"""The service over HTTP on a data directory of three users; each answer is held against the description."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from auto_deployment.config.recent import RecentSettings
from auto_deployment.paths import Paths
from auto_deployment.people.all_places import places_of
from auto_deployment.people.http import Service, build
from auto_deployment.people.http.factory import OPENAPI
from auto_deployment.people.places import Place
from tests.people.conftest import ANN
from tests.support.described import Described

TOKEN = "a token that nobody can guess"
EVENTS = f"/users/{ANN}/events"
HEAT = f"{EVENTS}/rating/heat+1995/2026-01-01T12:00:00"
ALIEN = f"{EVENTS}/watch/alien+1979/2026-01-01T12:00:00"
NEW = {"movie_id": "brazil+1985", "time": "2026-01-02T10:00:00", "rating": 3}
DESCRIBED = Described(OPENAPI)


def make_app(root: Path, recent: RecentSettings | None = None, **named: Any) -> Flask:
    def places() -> Sequence[Place]:
        return places_of(Paths(root), recent=recent)

    return build(Service(Paths(root), (1.0, 5.0), TOKEN, places, places, **named))


class Asker:
    """Asks with the token, and fails where an answer is not as the description says."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    def __call__(
        self,
        method: str,
        address: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        named: dict[str, Any] = {"data": data} if body is None else {"json": body}
        answer = self._client.open(address, method=method, headers=sent, **named)
        DESCRIBED.check_answer(self.app, method, address, answer)
        return answer

    def said(self, method: str, address: str, body: object = None, **named: Any) -> tuple[int, str]:
        """Ask for something that is refused; return the status and the sentence."""
        answer = self(method, address, body, **named)
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["status"] == answer.status_code
        return answer.status_code, answer.json["detail"]

    def listed(self, address: str = EVENTS) -> list[dict[str, Any]]:
        answer = self("GET", address)
        assert answer.json is not None
        found: list[dict[str, Any]] = answer.json["items"]
        return found


@pytest.fixture
def ask(root: Path) -> Asker:
    return Asker(make_app(root))
