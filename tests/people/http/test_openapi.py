"""The description is OpenAPI 3.1, and it and the code say the same."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from auto_deployment.people.correct import MAX_MINUTE, Added
from auto_deployment.people.http.bodies import MAX_BODY, EventBody, ValueBody
from auto_deployment.people.http.factory import OPENAPI
from auto_deployment.people.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from auto_deployment.people.words import KINDS, MAX_USER_ID
from auto_deployment.web.access import FREE_TRIES, LONGEST_WAIT_S
from auto_deployment.web.door import OPEN_TO_ALL
from tests.people.http.conftest import DESCRIBED, Asker
from tests.support.described import path_of, routes

SCHEMAS = DESCRIBED.content["components"]["schemas"]


def test_the_description_is_openapi_3_1() -> None:
    assert DESCRIBED.content["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DESCRIBED.content).validate()


def test_every_route_is_described_and_nothing_else(ask: Asker) -> None:
    assert DESCRIBED.operations() == routes(ask.app)


def test_path_parameters_are_those_of_the_rules(ask: Asker) -> None:
    for rule in ask.app.url_map.iter_rules():
        given = map(DESCRIBED.resolve, DESCRIBED.content["paths"][path_of(rule.rule)].get("parameters", ()))
        assert {one["name"] for one in given} == rule.arguments


def test_query_parameters_are_those_that_the_code_takes(ask: Asker) -> None:
    """One that is not described is refused by a sentence that names the others."""
    values = {"user": "7", "kind": "rating", "movie_id": "heat+1995", "time": "2026-01-01T12:00:00"}
    for (path, verb), name in DESCRIBED.operations().items():
        if name in OPEN_TO_ALL:
            continue
        address = re.sub(r"{(\w+)}", lambda found: values[found[1]], path)
        status, said = ask.said(verb.upper(), f"{address}?other=1", data=b"{}")
        operation = DESCRIBED.content["paths"][path][verb]
        known = [
            one["name"]
            for one in map(DESCRIBED.resolve, operation.get("parameters", ()))
            if one["in"] == "query"
        ]
        assert (status, said) == (400, f"There is no parameter 'other': this address takes {_list(known)}.")


def _list(names: list[str]) -> str:
    return ", ".join(names) or "no parameters"


def test_bounds_and_names_are_those_of_the_code() -> None:
    limit = DESCRIBED.content["components"]["parameters"]["limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (MAX_LIMIT, DEFAULT_LIMIT)
    assert DESCRIBED.content["components"]["parameters"]["user"]["schema"]["maximum"] == MAX_USER_ID
    assert SCHEMAS["Minutes"]["items"]["maximum"] == MAX_MINUTE
    assert SCHEMAS["Kind"]["enum"] == list(KINDS)
    assert SCHEMAS["Added"]["properties"]["because"]["enum"] == list(map(str, Added))
    for body, name in ((EventBody, "NewEvent"), (ValueBody, "Value")):
        assert list(SCHEMAS[name]["properties"]) == list(body.__dataclass_fields__)
    assert f"{MAX_BODY:,} bytes" in DESCRIBED.content["components"]["responses"]["TooLarge"]["description"]
    assert (FREE_TRIES, LONGEST_WAIT_S) == (5, 60)
    assert "after five wrong" in DESCRIBED.content["info"]["description"]


def test_only_what_is_open_to_all_is_described_as_that() -> None:
    assert DESCRIBED.open_to_all() == set(OPEN_TO_ALL)


def test_the_description_is_served(ask: Asker) -> None:
    answer = ask.app.test_client().get("/openapi.yaml")
    assert (answer.mimetype, answer.data) == ("application/yaml", OPENAPI.read_bytes())
