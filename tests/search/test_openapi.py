"""The description of the gateway and its answers say the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from search.gateway import OPENAPI, create_gateway
from search.http.questions import COUNT, COUNT_MAX
from search.http.server import MAX_REQUEST_LINE
from search.metrics.gateway import measure_gateway
from search.text import QUERY_MAX
from tests.support.described import Described, routes
from tests.support.search import small_catalogue
from tests.support.search_services import SearchSystem, publish_index

DESCRIBED = Described(OPENAPI)
SCHEMAS = DESCRIBED.content["components"]["schemas"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    root = tmp_path_factory.mktemp("described")
    system = SearchSystem(root)
    system.show(publish_index(root / "indexes", small_catalogue(60)))
    system.look()
    found = create_gateway(system.gateway)
    measure_gateway(found, system.gateway, system.holder)
    yield found
    system.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_description_is_openapi_3_1() -> None:
    assert DESCRIBED.content["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DESCRIBED.content).validate()


def test_every_route_is_described_and_nothing_else(app: Flask) -> None:
    assert DESCRIBED.operations() == routes(app)


def test_bounds_are_those_of_the_code() -> None:
    count, query = SCHEMAS["N"], SCHEMAS["Query"]
    assert (count["minimum"], count["maximum"], count["default"]) == (1, COUNT_MAX, COUNT)
    assert SCHEMAS["Found"]["properties"]["movies"]["maxItems"] == COUNT_MAX
    assert query["maxLength"] == QUERY_MAX
    assert f"{MAX_REQUEST_LINE:,} characters" in " ".join(DESCRIBED.content["info"]["description"].split())


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/search?q=golden+castle", 200),
        ("/search?q=comedy&n=100&other=1", 200),
        ("/search?q=%D0%9D%D0%B5%D0%B1%D0%BE", 200),
        ("/search", 400),
        ("/search?q=", 400),
        ("/search?q=" + "a" * 5000, 400),
        ("/search?q=a&n=0", 400),
        ("/search?q=a&n=101", 400),
        ("/search?q=a&n=many", 400),
        ("/search?q=a&q=b", 400),
        ("/search?q=a&n=1&n=2", 400),
        ("/search?q=a&user=42", 200),
        ("/search?q=a&user=" + "9" * 200, 200),
        ("/search?q=a&user=" + "9" * 201, 400),
        ("/search?q=a&user=me", 400),
        ("/search?q=a&user=1&user=2", 400),
        ("/status", 200),
        ("/health/ready", 200),
        ("/metrics", 200),
        ("/openapi.yaml", 200),
        ("/nothing", 404),
    ],
)
def test_an_answer_is_as_described(app: Flask, client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    DESCRIBED.check_answer(app, "GET", address, answer)
    if status >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["detail"].endswith(".")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": "golden castle"}, 200),
        ({"query": "golden castle", "n": 3}, 200),
        ({"query": "golden castle", "user": 42}, 200),
        ({"query": "golden castle", "user": "0" * 200}, 200),
        ({"query": "golden castle", "user": None}, 200),
        ({"query": "golden castle", "user": -1}, 400),
        ({"query": "golden castle", "user": 1.5}, 400),
        ({}, 400),
        ([], 400),
        ("golden castle", 400),
        ({"query": 7}, 400),
        ({"query": ""}, 400),
        ({"query": "a" * 5000}, 400),
        ({"query": "a", "n": "3"}, 400),
        ({"query": "a", "n": True}, 400),
        ({"query": "a", "n": 101}, 400),
        ({"query": "a", "limit": 3}, 400),
        ({"query": "a" * 40_000}, 413),
    ],
)
def test_an_answer_to_a_body_is_as_described(
    app: Flask, client: FlaskClient, body: object, status: int
) -> None:
    answer = client.post("/search", json=body)
    assert answer.status_code == status
    DESCRIBED.check_answer(app, "POST", "/search", answer)
    if status >= 400:
        assert answer.mimetype == "application/problem+json"


def test_both_ways_to_ask_get_the_same_answer(client: FlaskClient) -> None:
    asked = client.get("/search?q=gloden castle&n=7")
    sent = client.post("/search", json={"query": "gloden castle", "n": 7})
    assert asked.json == sent.json
    assert len(sent.get_json()["movies"]) == 7


@pytest.mark.parametrize(
    ("content", "kind", "status"), [(b"{", "application/json", 400), (b"query=a", "text/plain", 415)]
)
def test_a_body_that_is_no_json_gets_a_sentence(
    app: Flask, client: FlaskClient, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/search", data=content, content_type=kind)
    assert answer.status_code == status
    DESCRIBED.check_answer(app, "POST", "/search", answer)


def test_another_method_is_told_which_ones_there_are(client: FlaskClient) -> None:
    answer = client.delete("/search")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert answer.get_json()["detail"] == "This address takes GET, HEAD, POST only."


def test_the_description_is_served(client: FlaskClient) -> None:
    assert client.get("/openapi.yaml").data == Path(OPENAPI).read_bytes()
