"""What the service counts, in one process; several workers are in test_gunicorn.py."""

import re

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.routes import SERVED
from tests.app.conftest import VERSION


def series(client: FlaskClient) -> dict[str, float]:
    """Return every sample of /metrics, its labels written in order."""
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_every_documented_series_starts_at_zero(client: FlaskClient) -> None:
    found = series(client)
    for rule, (_, statuses) in SERVED.items():
        for status in (*statuses, 500):
            labels = f"method=GET,status={status},track=canary,url_rule={rule}"
            assert found[f"flask_http_request_duration_seconds_count{{{labels}}}"] == 0
    for source in ("personal", "popular"):
        assert found[f"marquee_recommendations_total{{model=recommender,source={source},track=canary}}"] == 0
    for outcome in ("loaded", "refused"):
        assert found[f"marquee_model_loads_total{{model=recommender,outcome={outcome},track=canary}}"] == 0


def test_answers_are_counted_by_rule_and_status(client: FlaskClient) -> None:
    for path in ("/recommend/1", "/recommend/2", "/recommend/99", "/recommend/x", "/nothing"):
        client.get(path)
    client.head("/recommend/1")
    client.post("/recommend/1")
    found = series(client)
    name = "flask_http_request_duration_seconds_count"
    rule = "track=canary,url_rule=/recommend/<user>"
    assert found[f"{name}{{method=GET,status=200,{rule}}}"] == 3
    assert found[f"{name}{{method=GET,status=400,{rule}}}"] == 1
    assert found[f"{name}{{method=HEAD,status=200,{rule}}}"] == 1
    assert found[f"{name}{{method=GET,status=404,track=canary,url_rule=none}}"] == 1
    assert found[f"{name}{{method=other,status=405,track=canary,url_rule=none}}"] == 1
    assert found["flask_http_request_total{method=GET,status=200,track=canary}"] == 3
    assert found["marquee_recommendations_total{model=recommender,source=personal,track=canary}"] == 3
    assert found["marquee_recommendations_total{model=recommender,source=popular,track=canary}"] == 1


def test_popular_lists_that_were_asked_for_are_no_fallback(client: FlaskClient) -> None:
    client.get("/popular")
    client.get("/similar/film+3+1953")
    found = series(client)
    assert found["marquee_recommendations_total{model=recommender,source=popular,track=canary}"] == 0


def test_the_model_in_use_is_named(client: FlaskClient) -> None:
    labels = f"code_revision=abc1234,model=recommender,model_version={VERSION},release={VERSION}-abc1234"
    assert series(client)[f"marquee_model_info{{{labels},track=canary}}"] == 1
    assert series(client)["marquee_model_present{model=recommender,track=canary}"] == 1


def test_series_do_not_grow_with_what_clients_invent(client: FlaskClient) -> None:
    def ask(number: int) -> None:
        client.get(f"/recommend/{number}")
        client.get(f"/recommend/x{number}")
        client.get(f"/similar/movie+{number}")
        client.get(f"/nothing/{number}?n={number}")
        client.open(f"/recommend/{number}", method=f"BREW{number}")
        client.head(f"/recommend/{number}")

    ask(1)
    before = set(series(client))
    for number in range(2, 200):
        ask(number)
    assert set(series(client)) == before


def test_no_label_is_a_user(client: FlaskClient) -> None:
    client.get("/recommend/123456789012345678901234567890")
    client.get("/recommend/7")
    text = client.get("/metrics").text
    assert "1234567890" not in text
    assert set(re.findall(r'([a-z_]+)="', text)) == {
        "method", "url_rule", "status", "track", "le", "source", "outcome",
        "model", "model_version", "release", "code_revision",
    }  # fmt: skip


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0",
        "application/openmetrics-text; version=nonsense",
        "text/plain; version=0.0.4; escaping=nonsense",
        "text/plain;version=1.0.0;escaping=allow-utf-8",
        ";;;,,q=x",
        "",
    ],
)
def test_the_page_answers_whatever_is_accepted(client: FlaskClient, accept: str) -> None:
    answer = client.get("/metrics?name[]=nothing", headers={"Accept": accept})
    assert answer.status_code == 200
    assert "marquee_recommendations" in answer.text
