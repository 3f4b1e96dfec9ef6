"""The other addresses, and every error."""

import json
import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.recommender import Recommender
from app.routes import SERVED
from tests.app.conftest import VERSION
from tests.support.wrong_models import Broken, Forgetful

EXAMPLES = {"<user>": "7", "<movie>": "film+3+1953", "<track>": "canary", "<model>": "recommender"}
PATHS = [re.sub("<[a-z]+>", lambda found: EXAMPLES[found[0]], rule) for rule in SERVED]
IDENTITY = {"X-Model-Version": VERSION, "X-Release": f"{VERSION}-abc1234", "X-Release-Track": "canary"}


def test_similar_movies_come_as_a_line_and_as_json(client: FlaskClient, recommender: Recommender) -> None:
    rows, _ = recommender.similar("film+3+1953", 5)
    line = client.get("/similar/film+3+1953?n=5")
    assert line.text == ",".join(recommender.movie_ids[row] for row in rows)
    assert line.headers["X-Recommendation-Source"] == "similar"
    answer = json.loads(
        client.get("/similar/film%2B3%2B1953?n=5", headers={"Accept": "application/json"}).data
    )
    assert answer["movie"] == "film+3+1953"
    assert [item["movie_id"] for item in answer["items"]] == line.text.split(",")
    assert all(-1.001 <= item["score"] <= 1.001 for item in answer["items"])


@pytest.mark.parametrize("movie", ["unknown+movie+1900", "x" * 5000, "%00", "%FF", "..", "film%203%201953"])
def test_a_movie_that_the_model_lacks_is_not_found(client: FlaskClient, movie: str) -> None:
    answer = client.get(f"/similar/{movie}")
    assert answer.status_code == 404
    assert json.loads(answer.data)["detail"].startswith("The model has no movie ")


def test_the_popular_list_takes_the_same_wishes(client: FlaskClient, recommender: Recommender) -> None:
    rows = recommender.popular(3, ["film+0+1950"], "Horror").rows
    answer = client.get("/popular?n=3&exclude=film+0+1950&genre=horror")
    assert answer.text == ",".join(recommender.movie_ids[row] for row in rows)
    assert answer.headers["X-Recommendation-Source"] == "popular"
    assert client.get("/popular?genre=Western").status_code == 400
    content = json.loads(client.get("/popular", headers={"Accept": "application/json"}).data)
    assert len(content["items"]) == 20
    assert content["source"] == "popular"


def test_version_tells_where_answers_come_from(client: FlaskClient, recommender: Recommender) -> None:
    content = json.loads(client.get("/version").data)
    assert content == {
        "model_version": VERSION,
        "release": f"{VERSION}-abc1234",
        "code_revision": "abc1234",
        "track": "canary",
        "content_hash": recommender.model.content_hash,
        "data_hash": "0" * 64,
        "trained_at": "2026-11-01T00:00:00Z",
        "trained_by": "0000000",
        "genres": ["Comedy", "Drama", "Horror", "Sci-Fi"],
        "metrics": {"rmse": 0.9},
    }


def test_a_release_may_be_named(settings: Settings) -> None:
    client = create_app(replace(settings, release_id="r-7")).test_client()
    assert client.get("/version").headers["X-Release"] == "r-7"
    assert json.loads(client.get("/version").data)["release"] == "r-7"


def test_an_instance_is_live_and_ready(client: FlaskClient) -> None:
    assert json.loads(client.get("/health/live").data) == {"status": "live"}
    assert json.loads(client.get("/health/ready").data) == {"status": "ready"}


def test_an_instance_whose_model_does_not_answer_is_live_but_not_ready(
    settings: Settings, recommender: Recommender
) -> None:
    client = create_app(settings, Forgetful(recommender.model)).test_client()
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data)["detail"].startswith("The model failed its self-test, ")
    assert answer.headers["X-Model-Version"] == VERSION


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/", "/recommend//7", "/recommend/", "/recommend/7/"])
def test_every_answer_names_model_release_and_track(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in IDENTITY} == IDENTITY


@pytest.mark.parametrize(
    "path", ["/nothing", "/recommend//7", "/recommend/", "/recommend/7/", "/recommend/7/8"]
)
def test_an_unknown_address_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert "/openapi.yaml" in json.loads(answer.data)["detail"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.mimetype == "application/problem+json"
    assert {name: answer.headers.get(name) for name in IDENTITY} == IDENTITY


def test_a_fault_is_a_problem_that_tells_nothing_of_the_inside(
    settings: Settings, recommender: Recommender, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(settings, Broken(recommender.model)).test_client()
    answer = client.get("/recommend/7")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert "IndexError" not in answer.text
    assert {name: answer.headers.get(name) for name in IDENTITY} == IDENTITY
    assert "row 99 of 10" in caplog.text


def test_the_application_can_be_built_twice_in_one_process(settings: Settings) -> None:
    apps: list[Flask] = [create_app(settings), create_app(replace(settings, track="stable"))]
    tracks = [app.test_client().get("/popular").headers["X-Release-Track"] for app in apps]
    assert tracks == ["canary", "stable"]
