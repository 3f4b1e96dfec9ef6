"""The description and the code say the same."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import MAX_REQUEST_LINE, TRACKS, Settings
from app.model_format import LABEL
from app.parameters import DEFAULT_N, MAX_EXCLUDED, MAX_N, MAX_SCORED
from app.recommender import MAX_REASONS
from app.routes import OPENAPI, SERVED

ANYWHERE = {400, 405, 414}  # broken requests, other methods and endless lines meet every address


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(OPENAPI.read_bytes())
    return content


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


def resolve(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    if "$ref" in node:
        found: dict[str, Any] = described
        for word in node["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        return found
    return node


def example_of(rule: str) -> str:
    for name, value in (
        ("user", "7"),
        ("movie", "film+3+1953"),
        ("track", "canary"),
        ("model", "recommender"),
    ):
        rule = rule.replace(f"<{name}>", value)
    return rule


def responses(described: dict[str, Any], path: str) -> dict[int, dict[str, Any]]:
    found = described["paths"][path]["get"]["responses"]
    return {int(status): resolve(described, response) for status, response in found.items()}


def test_paths_and_methods_are_those_of_the_code(described: dict[str, Any], app: Flask) -> None:
    rules = {rule.rule.replace("<", "{").replace(">", "}"): rule for rule in app.url_map.iter_rules()}
    assert set(described["paths"]) == set(rules)
    for path, operations in described["paths"].items():
        assert rules[path].methods == {"GET", "HEAD"}
        assert set(operations) == {"get"}  # HEAD is described once, for all
        assert operations["get"]["operationId"] == rules[path].endpoint


def test_statuses_are_those_of_the_code(described: dict[str, Any]) -> None:
    for rule, (_, statuses) in SERVED.items():
        path = rule.replace("<", "{").replace(">", "}")
        assert set(responses(described, path)) == set(statuses) | ANYWHERE


def test_path_parameters_are_those_of_the_rules(described: dict[str, Any], app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        given = [resolve(described, one) for one in described["paths"][path]["get"].get("parameters", [])]
        assert {one["name"] for one in given if one["in"] == "path"} == rule.arguments


def test_bounds_are_those_of_the_code(described: dict[str, Any]) -> None:
    parameters = described["components"]["parameters"]
    count, excluded = parameters["n"]["schema"], parameters["exclude"]["schema"]
    assert (count["minimum"], count["maximum"], count["default"]) == (1, MAX_N, DEFAULT_N)
    assert excluded["maxItems"] == MAX_EXCLUDED
    assert parameters["scored_movies"]["schema"]["maxItems"] == MAX_SCORED
    schemas = described["components"]["schemas"]
    assert schemas["Scores"]["properties"]["scores"]["maxItems"] == MAX_SCORED
    assert schemas["Items"]["maxItems"] == schemas["ItemsWithReasons"]["maxItems"] == MAX_N
    assert schemas["Because"]["maxItems"] == MAX_REASONS
    assert described["components"]["schemas"]["Label"]["pattern"] == f"^{LABEL.pattern}$"
    assert described["components"]["headers"]["X-Release-Track"]["schema"]["enum"] == list(TRACKS)
    for text in (described["info"], described["components"]["responses"]["UriTooLong"]):
        assert f"{MAX_REQUEST_LINE:,} characters" in " ".join(text["description"].split())


@pytest.mark.parametrize("rule", SERVED)
def test_query_parameters_are_those_that_the_code_reads(
    described: dict[str, Any], client: FlaskClient, rule: str
) -> None:
    """A parameter that is read is refused when it is given twice; any other is ignored."""
    path = rule.replace("<", "{").replace(">", "}")
    given = [resolve(described, one) for one in described["paths"][path]["get"].get("parameters", [])]
    names = {one["name"] for one in given if one["in"] == "query"}
    address = example_of(rule)
    read = {
        name
        for name in ("n", "exclude", "genre", "user", "movie", "movies", "model", "limit", "q")
        if client.get(f"{address}?{name}=7&{name}=7").status_code == 400
    }
    assert read == names


@pytest.mark.parametrize("rule", SERVED)
@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_headers_and_types_of_an_answer_are_described(
    described: dict[str, Any], client: FlaskClient, rule: str, accept: str
) -> None:
    path = rule.replace("<", "{").replace(">", "}")
    address = example_of(rule)
    answer = client.get(address, headers={"Accept": accept})
    described_answer = responses(described, path)[200]
    assert answer.mimetype in described_answer["content"]
    own = {name for name in answer.headers.keys() if name.startswith("X-")}  # noqa: SIM118  # not a mapping
    headers = {name: resolve(described, one) for name, one in described_answer["headers"].items()}
    # What is not required is said where recent events are followed only.
    assert own == {name for name, one in headers.items() if one["required"]}
    assert {name for name, one in headers.items() if not one["required"]} <= {"X-Recommendation-Fresh"}


def test_the_description_is_served(client: FlaskClient) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.mimetype == "application/yaml"
    assert answer.data == Path(OPENAPI).read_bytes()
