"""A gateway that orders for users, over sockets in threads of a test, and what becomes of its questions."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from search.fusion import Kind
from search.gateway import create_gateway
from search.metrics.gateway import measure_gateway
from search.personal.order import Orders
from search.personal.recommender import Recommender
from tests.support.search_services import SearchSystem

WEIGHTS = {Kind.FACTS: 1.0, Kind.WORDS: 1.0, Kind.TITLE: 0.0}
PATIENT_S = 20.0  # of tests in which nothing is late
QUESTION = "comedy"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """A gateway over sockets, whose recommender can be changed from question to question."""

    def __init__(self, system: SearchSystem) -> None:
        self.system, self.clock = system, Clock()
        self._recommenders = list[Recommender]()

    def client(
        self, *addresses: str, deadline_s: float = PATIENT_S, weights: Mapping[Kind, float] = WEIGHTS
    ) -> FlaskClient:
        recommender = Recommender(addresses, deadline_s, self.clock)
        self._recommenders.append(recommender)
        app = create_gateway(self.system.gateway, Orders(recommender, weights))
        measure_gateway(app, self.system.gateway, self.system.holder)
        return app.test_client()

    def close(self) -> None:
        for one in self._recommenders:
            one.close()


def ask(
    client: FlaskClient, user: object = None, text: str = QUESTION, n: int = 100
) -> tuple[bool, list[str]]:
    answer = client.get(f"/search?q={text}&n={n}" + ("" if user is None else f"&user={user}"))
    assert answer.status_code == 200
    content: Any = answer.get_json()
    return content["personal"], [one["id"] for one in content["movies"]]


def outcomes(client: FlaskClient) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").get_data(as_text=True))
    return {
        one.labels["outcome"]: one.value
        for family in families
        if family.name == "marquee_search_personal"
        for one in family.samples
        if one.name.endswith("_total")
    }
