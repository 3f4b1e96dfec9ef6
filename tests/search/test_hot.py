"""What a gateway answers before Flask is answered as by Flask."""

import re
from collections.abc import Iterator, Mapping

import pytest
from flask.testing import FlaskClient

from search.gateway import Gateway, create_gateway
from search.http.hot import HotSearch
from search.metrics.gateway import measure_gateway
from tests.search.test_metrics import series
from tests.support.search import small_catalogue
from tests.support.search_services import SearchSystem, publish_index

ADDRESSES = [
    "/search?q=golden+castle",
    "/search?q=gloden%20castle&n=3",
    "/search?q=1990+comedy&n=100&other=1&other=2",
    "/search?n=2&q=caf%C3%A9",
    "/search?q=%D0%9D%D0%B5%D0%B1%D0%BE",
    "/search?q=a%FFb",
    "/search?q=a;n=2",
    "/search?q=a%26n%3D2",
    "/search?q=golden%",
    "/search?q=golden&&n=4",
    "/search?Q=golden",
    "/search",
    "/search?q",
    "/search?q=",
    "/search?q=%00river",
    "/search?q=a&q=b",
    "/search?q=a&n=0",
    "/search?q=a&n=",
    "/search?q=a&n=03",
    "/search?q=a&user=7",
    "/search?q=a&user=x",
    "/search?q=a&user=",
    "/search/?q=a",
    "//search?q=a",
    "/searc%68?q=river",
    "/status",
]
HEADERS = [
    {},
    {"Accept": "text/html"},
    {"Upgrade": "websocket", "Connection": "upgrade"},
    {"Range": "bytes=0-3"},
]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchSystem]:
    root = tmp_path_factory.mktemp("hot")
    system = SearchSystem(root)
    system.show(publish_index(root / "indexes", small_catalogue(60)))
    system.look()
    yield system
    system.close()


@pytest.fixture
def clients(system: SearchSystem) -> tuple[FlaskClient, FlaskClient]:
    """Two gateways of one index: one that answers before Flask, one that does not."""
    hot, plain = create_gateway(system.gateway), create_gateway(system.gateway)
    for app in (hot, plain):
        measure_gateway(app, system.gateway, system.holder)
    plain.wsgi_app = plain.wsgi_app._application  # type: ignore[attr-defined, method-assign]
    return hot.test_client(), plain.test_client()


def said(client: FlaskClient, method: str, address: str, headers: Mapping[str, str]) -> tuple[object, ...]:
    answer = client.open(address, method=method, headers=dict(headers))
    return answer.status, list(answer.headers), answer.data


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_answer_is_flasks_to_the_byte(clients: tuple[FlaskClient, FlaskClient], address: str) -> None:
    hot, plain = clients
    for method in ("GET", "HEAD", "POST", "BREW"):
        for headers in HEADERS:
            assert said(hot, method, address, headers) == said(plain, method, address, headers)


def test_it_is_counted_as_by_flask(clients: tuple[FlaskClient, FlaskClient]) -> None:
    found = []
    for client in clients:
        for address in ADDRESSES:
            client.get(address)
        found.append(
            {key: one for key, one in series(client).items() if not re.search("_(sum|bucket|created)", key)}
        )
    assert found[0] == found[1]
    assert found[0]['marquee_search_requests_total{"outcome": "answered"}'] > 10


def test_nearly_every_question_is_taken(
    clients: tuple[FlaskClient, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_flask(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("search.gateway.answered", no_flask)
    for address in ADDRESSES[:6]:
        assert clients[0].get(address).status_code == 200


def test_what_fails_is_answered_and_counted_by_flask(
    clients: tuple[FlaskClient, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(Gateway, "find", fail)
    clients[0].application.testing = False
    answer = clients[0].get("/search?q=golden")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert series(clients[0])['marquee_search_requests_total{"outcome": "failed"}'] == 1


def test_it_stands_before_flask(clients: tuple[FlaskClient, FlaskClient]) -> None:
    assert isinstance(clients[0].application.wsgi_app, HotSearch)
