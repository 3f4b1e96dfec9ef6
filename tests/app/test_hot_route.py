"""What is answered before Flask is answered as by Flask."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from app import create_app, hot_route
from app.config import Settings
from app.metrics import BUCKETS_S, observe_all
from app.recommender import Recommender
from tests.app.test_metrics import series

USERS = st.one_of(
    st.integers(0, 120).map(str),
    st.sampled_from(["007", "0", "-1", "+7", "7.0", "", "x", "\u0667", "%37", "7%2F", "7/", "9" * 25, "/7"]),
)
PATHS = st.builds(
    str.__add__, st.sampled_from(["/recommend/", "/recommend", "//recommend/", "/popular/"]), USERS
)
QUERIES = st.sampled_from(["", "?", "?n=5", "?n=0", "?other=1", "?genre=none"])
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "Upgrade", "Connection", "Host", "Range", "If-None-Match"]),
    st.sampled_from(
        [
            "*/*",
            "application/json",
            "text/plain",
            "text/plain, application/JSON;q=0.5",
            "websocket",
            "upgrade",
            "a b",
            "bytes=0-3",
            "*",
            "",
        ]
    ),
    max_size=3,
)


@contextmanager
def flask_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hot_route, "user_of", lambda environ: None)
        yield


def answer(client: FlaskClient, method: str, address: str, headers: Mapping[str, str]) -> tuple[object, ...]:
    found = client.open(address, method=method, headers=dict(headers))
    return found.status, list(found.headers), found.data


@pytest.fixture(scope="module")
def clients(model_dir: Path) -> tuple[FlaskClient, FlaskClient]:
    """Two services of one model: one answers with the hot route, one without."""
    made = [create_app(Settings(model_dir=model_dir, track="canary")).test_client() for _ in range(2)]
    return made[0], made[1]


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "BREW"]),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
)
def test_the_answer_is_flasks_to_the_byte(
    clients: tuple[FlaskClient, FlaskClient], method: str, path: str, query: str, headers: Mapping[str, str]
) -> None:
    hot, plain = clients
    taken = answer(hot, method, path + query, headers)
    with flask_only():
        assert taken == answer(plain, method, path + query, headers)


def test_it_is_counted_as_by_flask(clients: tuple[FlaskClient, FlaskClient]) -> None:
    def counts(client: FlaskClient) -> dict[str, float]:
        return {
            name: value for name, value in series(client).items() if "_count{" in name or "_total{" in name
        }

    before = [counts(client) for client in clients]
    requests = [("GET", f"/recommend/{user}") for user in ("7", "10", "99", "007", "x")]
    for method, address in [*requests, ("HEAD", "/recommend/7"), ("GET", "/recommend/7?n=3")]:
        answer(clients[0], method, address, {})
        with flask_only():
            answer(clients[1], method, address, {})
    after = [counts(client) for client in clients]
    first, second = [
        {name: value - old.get(name, 0) for name, value in new.items() if value != old.get(name, 0)}
        for old, new in zip(before, after, strict=True)
    ]
    assert first == second
    assert sum(value for name, value in first.items() if name.startswith("marquee_recommendations")) == 6


def test_nearly_every_request_is_taken(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_flask(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("app.routes.Views.recommend", no_flask)
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}):
        assert client.get("/recommend/7", headers=accept).status_code == 200


def test_what_fails_is_answered_and_counted_by_flask(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError

    client.application.testing = False
    monkeypatch.setattr(Recommender, "recommend", fail)
    found = client.get("/recommend/7")
    assert (found.status_code, found.content_type) == (500, "application/problem+json")
    labels = "method=GET,status=500,track=canary,url_rule=/recommend/<user>"
    assert series(client)[f"flask_http_request_duration_seconds_count{{{labels}}}"] == 1


@given(st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_many_observed_at_once_are_the_same_as_one_by_one(seconds: list[float]) -> None:
    def page(at_once: bool) -> list[bytes]:
        registry = CollectorRegistry()
        histogram = Histogram("h", "h", buckets=BUCKETS_S, registry=registry)
        if at_once:
            observe_all(histogram, seconds)
        else:
            for one in seconds:
                histogram.observe(one)
        return [
            line
            for line in generate_latest(registry).splitlines()
            if b"_created" not in line and b"_sum" not in line
        ]

    assert page(at_once=True) == page(at_once=False)
