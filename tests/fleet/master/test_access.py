"""Who has no token learns nothing and changes nothing; the description is as the code is."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from auto_deployment.fleet.master.http.bodies import MAX_BODY
from auto_deployment.fleet.master.http.factory import NOT_OF_NODES, ONLY_REPORTS, OPEN, OPENAPI
from auto_deployment.fleet.master.http.read_views import DEFAULT_LIMIT, MAX_LIMIT
from auto_deployment.fleet.master.report import ChannelReport, Report
from auto_deployment.fleet.orders import Do
from tests.support.described import path_of, routes
from tests.support.fleet import V1, V2
from tests.support.master import DESCRIBED, NODE_TOKEN, TOKEN, Fleet, report, token_for

SCHEMAS = DESCRIBED.content["components"]["schemas"]
VALUES = {
    "node": "node-1", "do": "prune", "model": "films", "version": V1, "content": "0" * 64,
    "channel": "stable", "key": "one",
}  # fmt: skip


def address_of(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: VALUES[found[1]], path)


@pytest.mark.parametrize("header", [None, "", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_nothing_is_said_or_done_without_the_token(fleet: Fleet, header: str | None) -> None:
    fleet.publish(V1, "stable")
    headers = {} if header is None else {"Authorization": header}
    for (path, verb), name in DESCRIBED.operations().items():
        if name not in OPEN:
            client = fleet.app.test_client()
            where = {"REMOTE_ADDR": f"192.0.2.{len(path)}"}  # else the wrong tries of one address wait
            answer = client.open(
                address_of(path), method=verb.upper(), headers=headers, json={}, environ_base=where
            )
            assert answer.status_code in ({401} if header is None else {401, 429}), (path, verb)
            assert V1 not in answer.text
    assert fleet.store.channels().channels.wanted == {"stable": V1}
    assert fleet.json("GET", "/nodes")["nodes"] == []


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("PUT /channels/films/stable", {"version": V2, "expected": V1}),
        ("DELETE /models/films/" + V2, None),
        ("PUT /models/films/rejected/" + "0" * 64, {"reason": "odd lists"}),
        ("DELETE /nodes/node-1", None),
        *((f"POST /nodes/node-1/{do}", {"version": V2 if do in ("pin", "pull") else ""}) for do in Do),
    ],
)
def test_a_node_s_token_changes_nothing_that_the_operator_s_does(
    fleet: Fleet, address: str, body: dict[str, str] | None
) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2, seed=2)
    fleet.report("node-1", serves=V1, versions=(V1,))
    method, path = address.split()
    if method == "DELETE":  # a node that is there is not forgotten
        fleet.now += 1000
    before = fleet.store.channels(), fleet.store.versions(), fleet.json("GET", "/nodes")["nodes"]
    headers = {"Authorization": f"Bearer {NODE_TOKEN}"}
    assert fleet.said(method, path, body, headers=headers) == (403, ONLY_REPORTS)
    assert (fleet.store.channels(), fleet.store.versions(), fleet.json("GET", "/nodes")["nodes"]) == before
    assert (fleet.audit(), fleet.report("node-1", serves=V1, versions=(V1,))) == ([], [])
    if method == "DELETE":
        fleet.now += 1000
    fleet.json(method, path, body)


def test_each_token_is_good_for_its_own_side_alone(fleet: Fleet) -> None:
    for (path, verb), name in DESCRIBED.operations().items():
        for token in (TOKEN, NODE_TOKEN):
            headers = {"Authorization": f"Bearer {token}"}
            answer = fleet.ask(verb.upper(), address_of(path), {}, headers=headers)
            is_right = name in OPEN or token == token_for(verb.upper(), address_of(path))
            assert (answer.status_code == 403) != is_right, (path, verb)
            if not is_right:
                assert answer.json is not None
                assert answer.json["detail"] == (ONLY_REPORTS if token == NODE_TOKEN else NOT_OF_NODES)
                assert "WWW-Authenticate" not in answer.headers
    assert fleet.json("GET", "/nodes")["nodes"] == []


def test_who_has_a_node_s_token_guesses_the_operator_s_no_quicker(fleet: Fleet) -> None:
    asked = ["wrong", NODE_TOKEN] * 5
    found = [fleet.client.get("/nodes", headers={"Authorization": f"Bearer {one}"}) for one in asked]
    assert [one.status_code for one in found] == [401, 403] * 4 + [401, 429]
    assert fleet.report("node-1") == []  # what is wrong for one side keeps nobody of the other waiting


def test_after_some_wrong_tokens_an_address_has_to_wait(fleet: Fleet) -> None:
    headers = {"Authorization": "Bearer wrong"}
    assert [fleet.client.get("/nodes", headers=headers).status_code for _ in range(6)] == [401] * 5 + [429]


def test_health_metrics_and_description_need_none(fleet: Fleet) -> None:
    for address in ("/health/live", "/health/ready", "/metrics", "/openapi.yaml"):
        assert fleet.client.get(address).status_code == 200
    assert fleet.client.get("/openapi.yaml").data == OPENAPI.read_bytes()
    assert DESCRIBED.open_to_all() == set(OPEN)


def test_the_description_is_openapi_3_1_and_has_every_route(fleet: Fleet) -> None:
    assert DESCRIBED.content["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DESCRIBED.content).validate()
    assert DESCRIBED.operations() == routes(fleet.app)
    for rule in fleet.app.url_map.iter_rules():
        given = DESCRIBED.content["paths"][path_of(rule.rule)].get("parameters", ())
        assert {one["name"] for one in map(DESCRIBED.resolve, given)} == rule.arguments


def test_query_parameters_are_those_that_the_code_takes(fleet: Fleet) -> None:
    for (path, verb), name in DESCRIBED.operations().items():
        if name in OPEN:
            continue
        status, said = fleet.said(verb.upper(), f"{address_of(path)}?other=1", report())
        operation = DESCRIBED.content["paths"][path][verb]
        parameters = map(DESCRIBED.resolve, operation.get("parameters", ()))
        known = ", ".join(one["name"] for one in parameters if one["in"] == "query") or "no parameters"
        assert (status, said) == (400, f"There is no parameter 'other': this address takes {known}.")


def test_names_and_bounds_are_those_of_the_code() -> None:
    assert SCHEMAS["Do"]["enum"] == list(map(str, Do))
    assert set(SCHEMAS["Report"]["properties"]) == set(Report.__dataclass_fields__)
    assert set(SCHEMAS["Channel"]["properties"]) == set(ChannelReport.__dataclass_fields__)
    assert f"{MAX_BODY:,} bytes" in DESCRIBED.content["components"]["responses"]["TooLarge"]["description"]
    limit = DESCRIBED.content["paths"]["/audit"]["get"]["parameters"][0]["schema"]
    assert (limit["maximum"], limit["default"]) == (MAX_LIMIT, DEFAULT_LIMIT)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"version": "a", "version": "b"}', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"x" * (MAX_BODY + 1), "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(fleet: Fleet, data: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind}
    assert fleet.said("PUT", "/channels/films/stable", data=data, headers=headers)[0] == status
    assert fleet.audit() == []
