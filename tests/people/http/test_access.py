"""Who has no token learns nothing, and who guesses has to wait."""

import logging
from pathlib import Path

import pytest

from auto_deployment.web.access import LONGEST_WAIT_S, wait_after
from tests.people.conftest import ANN
from tests.people.http.conftest import EVENTS, HEAT, TOKEN, Asker, make_app


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xff"]
)
def test_nothing_is_said_or_done_without_the_token(root: Path, header: str | None) -> None:
    client = make_app(root).test_client()
    headers = {} if header is None else {"Authorization": header}
    for method, address in (("GET", EVENTS), ("DELETE", HEAT), ("PUT", f"/forgotten/{ANN}")):
        answer = client.open(address, method=method, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json is not None
        assert "EVENTS_TOKEN_FILE" in answer.json["detail"]
    assert len(Asker(make_app(root)).listed()) == 2


def test_health_and_description_need_none(root: Path) -> None:
    client = make_app(root).test_client()
    assert client.get("/health/live").json == {"status": "live"}
    assert client.get("/openapi.yaml").status_code == 200


def test_after_some_wrong_tokens_an_address_has_to_wait_and_others_do_not(root: Path) -> None:
    now = [1_000.0]
    client = make_app(root, clock=lambda: now[0]).test_client()

    def status(token: str, address: str = "192.0.2.1") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get(EVENTS, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code

    assert [status("wrong") for _ in range(6)] == [401] * 5 + [429]
    assert status(TOKEN) == 429  # else waiting would slow nobody
    assert status(TOKEN, "192.0.2.2") == 200
    now[0] += 1
    assert [status("wrong"), status("wrong")] == [401, 429]
    now[0] += 1
    assert status(TOKEN) == 429
    now[0] += 1
    assert [status(TOKEN), status("wrong"), status("wrong")] == [200, 401, 401]


def test_waiting_doubles_up_to_a_minute_and_the_answer_says_how_long(root: Path) -> None:
    assert [wait_after(tries) for tries in (0, 4, 5, 6, 7, 11, 12)] == [0, 0, 1, 2, 4, LONGEST_WAIT_S, 60]
    client = make_app(root, clock=lambda: 0.5).test_client()
    answers = [client.get(EVENTS, headers={"Authorization": "Bearer no"}) for _ in range(6)]
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].mimetype == "application/problem+json"


def test_who_sends_no_token_at_all_keeps_nobody_out(root: Path) -> None:
    client = make_app(root).test_client()
    assert {client.get(EVENTS).status_code for _ in range(9)} == {401}
    assert client.get(EVENTS, headers={"Authorization": f"bearer  {TOKEN}"}).status_code == 200


def test_the_log_has_no_user_and_no_token(
    ask: Asker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    ask("GET", EVENTS)
    ask("DELETE", HEAT)
    ask.said("DELETE", HEAT)
    ask("PUT", f"/forgotten/{ANN}")

    def fail(*words: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("auto_deployment.people.http.event_views.events_of", fail)
    assert ask.said("GET", EVENTS)[0] == 500
    assert "GET /users/<user>/events failed" in caplog.text
    assert "DELETE /users/<user>/events/<kind>/<path:movie_id>/<time> 404" in caplog.text
    assert str(ANN) not in caplog.text
    assert TOKEN not in caplog.text
