"""One user who asks without end gets the static list; nobody else notices."""

import pytest

from auto_deployment.params import load_params
from tests.support.edge.edge import Edge
from tests.support.edge.stub_instance import StubInstance
from tests.support.http import get, get_many
from tests.support.project import PROJECT

TRAFFIC = load_params(PROJECT / "params.yaml").traffic


@pytest.mark.usefixtures("static_list")
def test_above_the_limit_of_one_user_the_static_list_is_answered(
    edge: Edge, instances: dict[str, StubInstance]
) -> None:
    much = 3 * TRAFFIC.user_burst
    assert get_many(edge.port, ["/recommend/42", "/recommend/042"] * much) == {200: 2 * much}
    lines = edge.log(2 * much)
    limited = [line for line in lines if line["limit"] == "REJECTED"]
    assert limited
    assert {(line["track"], line["status"], line["upstream_addr"]) for line in limited} == {
        ("static", 200, "")
    }
    passed = [line for line in lines if line["limit"] == "PASSED"]
    assert len(passed) >= TRAFFIC.user_burst
    assert "static" not in {line["track"] for line in passed}
    assert sum(len(instance.requests) for instance in instances.values()) == len(passed)


def test_others_and_requests_that_name_nobody_are_not_limited(edge: Edge) -> None:
    much = 3 * TRAFFIC.user_burst
    get_many(edge.port, ["/recommend/42"] * much)
    assert get(edge.port, "/recommend/43").headers["x-release-track"] != "static"
    assert get_many(edge.port, ["/popular"] * much) == {200: much}
    assert {line["limit"] for line in edge.log(2 * much + 1) if not line["user"]} == {""}
