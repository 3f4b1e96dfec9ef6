"""When nothing answers NGINX does: with a list where a list is asked for, with a sentence elsewhere."""

import json

import pytest

from tests.edge.conftest import MODEL_VERSION
from tests.support.edge.edge import Edge
from tests.support.edge.stub_instance import StubInstance, answer, close, fail
from tests.support.http import get
from tests.support.waiting import eventually
from tests.support.who import users_of

Instances = dict[str, StubInstance]


@pytest.fixture
def nobody(instances: Instances) -> None:
    for instance in instances.values():
        instance.refuse()


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("path", ["/recommend/42", "/recommend/" + "9" * 30, "/recommend/7?n=5", "/popular"])
def test_a_list_is_still_answered_and_says_that_it_is_the_static_one(
    edge: Edge, static_list: str, path: str
) -> None:
    reply = get(edge.port, path)
    assert (reply.status, reply.body.decode()) == (200, static_list)
    assert len(set(static_list.split(","))) == 20
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-recommendation-source"] == "static"
    assert reply.headers["x-release-track"] == "static"
    assert reply.headers["x-model-version"] == MODEL_VERSION
    assert reply.headers["x-release"] == f"{MODEL_VERSION}-abc"
    (line,) = edge.log(1)
    assert (line["source"], line["track"]) == ("static", "static")
    assert (line["model_version"], line["status"]) == (MODEL_VERSION, 200)


@pytest.mark.usefixtures("nobody")
def test_the_static_list_has_a_json_form(edge: Edge, static_list: str) -> None:
    reply = get(edge.port, "/recommend/42", "Accept: application/json\r\n")
    assert reply.headers["content-type"] == "application/json"
    document = json.loads(reply.body)
    assert ",".join(item["movie_id"] for item in document["items"]) == static_list
    assert (document["track"], document["source"]) == ("static", "static")
    assert document["model_version"] == MODEL_VERSION


def test_two_answers_of_status_500_become_the_static_list(
    edge: Edge, instances: Instances, static_list: str
) -> None:
    for instance in instances.values():
        instance.behaviour = fail(500)
    reply = get(edge.port, "/recommend/42")
    assert (reply.status, reply.body.decode()) == (200, static_list)
    assert sum(len(instance.requests) for instance in instances.values()) == 2


@pytest.mark.usefixtures("nobody", "static_list")
@pytest.mark.parametrize(
    "path",
    ["/", "/recommend/", "/recommend/-5", "/recommend/4x", "/recommend/42%0a", "/similar/film", "/version"],
)
def test_everywhere_else_the_answer_is_an_honest_problem(edge: Edge, path: str) -> None:
    reply = get(edge.port, path)
    assert reply.status in {502, 503}
    assert reply.headers["content-type"] == "application/problem+json"
    assert json.loads(reply.body)["status"] == reply.status


@pytest.mark.usefixtures("nobody")
def test_without_a_static_list_the_answer_is_a_problem_too(edge: Edge) -> None:
    reply = get(edge.port, "/recommend/42")
    assert reply.status == 503
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("static_list")
def test_the_service_is_back_soon_after_its_instances_are(edge: Edge, instances: Instances) -> None:
    for instance in instances.values():
        instance.refuse()
    assert get(edge.port, "/recommend/42").headers["x-release-track"] == "static"
    for instance in instances.values():
        instance.listen()
    eventually(lambda: get(edge.port, "/recommend/42").headers["x-release-track"] != "static", within_s=10)


def test_while_one_instance_lives_nobody_gets_the_static_list(edge: Edge, instances: Instances) -> None:
    instances["stable-1"].refuse()
    instances["stable-2"].refuse()
    meets_both = next(users_of(instances, "stable-1", "stable-2"))
    for user in (meets_both, *range(1, 31)):
        reply = get(edge.port, f"/recommend/{user}")
        assert reply.headers["x-release-track"] == "canary"


@pytest.mark.usefixtures("static_list")
def test_after_every_instance_failed_once_the_next_user_is_answered_by_one(
    edge: Edge, instances: Instances
) -> None:
    """All are avoided for a second then; that must not mean that nobody is asked."""
    for instance in instances.values():
        instance.behaviour = close
    for user in range(1, 21):
        assert get(edge.port, f"/recommend/{user}").headers["x-release-track"] == "static"
    for instance in instances.values():
        instance.behaviour = answer
    for user in range(1, 21):
        assert get(edge.port, f"/recommend/{user}").headers["x-release-track"] != "static"
    assert get(edge.port, "/version").status == 200
