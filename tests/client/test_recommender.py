"""What a caller of the client gets."""

import logging
import re
import threading
from collections.abc import Iterator

import pytest

from marquee_client import Answer, Flip, NoAnswerError, Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S, Clock
from tests.support.scripted_server import ScriptedServer, reply

OWN = ("own+1", "own+2", "own+3")


@pytest.fixture
def flips() -> list[Flip]:
    return []


@pytest.fixture
def client(server: ScriptedServer, clock: Clock, flips: list[Flip]) -> Iterator[Recommender]:
    with Recommender(
        server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, on_flip=flips.append
    ) as client:
        yield client


def break_down(server: ScriptedServer, client: Recommender) -> None:
    """Let every call fail until the switch opens."""
    server.answers = lambda path, number: reply("", "500 Internal Server Error")
    for _ in range(100):
        client.recommend(42)
    assert client.is_open


def test_a_list_comes_with_where_it_is_from(client: Recommender) -> None:
    answer = client.recommend(42)
    assert answer == Answer(("heat+1995", "ronin+1998"), "personal", "v1", "v1-abc", "stable")
    assert not answer.is_fallback
    assert client.counts()["answered"] == 1


def test_an_answer_cannot_be_changed(client: Recommender) -> None:
    with pytest.raises(AttributeError):
        client.recommend(42).source = "x"  # type: ignore[misc]


def test_what_is_wished_stands_in_the_question(client: Recommender, server: ScriptedServer) -> None:
    client.recommend(42)
    client.recommend(0, n=5, exclude=["a+b", "c d/é"], genre="Sci-Fi & more")
    assert server.paths == [
        "/recommend/42",
        "/recommend/0?n=5&exclude=a%2Bb,c%20d%2F%C3%A9&genre=Sci-Fi%20%26%20more",
    ]


def test_an_empty_list_is_an_answer(client: Recommender, server: ScriptedServer) -> None:
    server.answers = lambda path, number: reply("")
    assert client.recommend(42).ids == ()
    assert not client.recommend(42).is_fallback


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"user": -1}, "user is a whole number from 0 to 9223372036854775807, not -1."),
        ({"user": 2**63}, "user is a whole number from 0 to 9223372036854775807, not 9223372036854775808."),
        ({"user": "42"}, "user is a whole number from 0 to 9223372036854775807, not '42'."),
        ({"user": True}, "user is a whole number from 0 to 9223372036854775807, not True."),
        ({"n": 0}, "n is a whole number from 1 to 100, not 0."),
        ({"n": 101}, "n is a whole number from 1 to 100, not 101."),
        ({"n": 2.0}, "n is a whole number from 1 to 100, not 2.0."),
        ({"exclude": "heat+1995"}, "exclude is a list of movie ids, not one text: write ['heat+1995']."),
        ({"exclude": ["x"] * 201}, "exclude takes up to 200 movie ids, not 201."),
        ({"exclude": ["a,b"]}, "A movie id in exclude is a text without a comma, not 'a,b'."),
        ({"exclude": [""]}, "A movie id in exclude is a text without a comma, not ''."),
        ({"exclude": [7]}, "A movie id in exclude is a text without a comma, not 7."),
        ({"genre": ""}, "genre is the name of one, or None for any, not ''."),
        ({"genre": 3}, "genre is the name of one, or None for any, not 3."),
    ],
)
def test_what_can_never_be_right_is_told_at_once(
    client: Recommender, server: ScriptedServer, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        client.recommend(**{"user": 42, **arguments})  # type: ignore[arg-type]
    assert server.heads == []
    assert sum(client.counts().values()) == 0


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        (
            {"address": "localhost:8082"},
            "An address is http://HOST:PORT, https://HOST, grpc://HOST:8500 or grpcs://HOST:8500, not",
        ),
        ({"address": "ftp://host"}, "An address is http"),
        ({"address": "http://host:99999"}, "An address is http"),
        ({"address": "http://"}, "An address is http"),
        ({"address": "http://name:secret@host"}, "An address is http"),
        ({"ca_file": "ca.pem"}, "ca_file is for https:// and grpcs:// addresses"),
        ({"fallback": "heat+1995"}, "fallback is a list of movie ids, best first."),
        ({"fallback": [1]}, "fallback is a list of movie ids, best first."),
        ({"budget_s": 0}, "budget_s and connect_s are above 0, not 0 and 0.6."),
        ({"budget_s": 2}, "budget_s is at most window_s / min_calls, 1.5, not 2"),
    ],
)
def test_a_client_that_cannot_work_is_not_made(keywords: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Recommender(**{"address": "http://localhost:1", "fallback": [], **keywords})  # type: ignore[arg-type]


def test_a_failing_service_gives_the_callers_own_list_with_the_reason(
    client: Recommender, server: ScriptedServer
) -> None:
    server.answers = lambda path, number: reply('{"detail": "It is tired."}', "503 Service Unavailable")
    assert client.recommend(42, n=2, exclude=["own+1"]) == Answer(
        ("own+2", "own+3"), "fallback", reason="503: It is tired."
    )
    assert client.counts()["error"] == 1


def test_a_wrong_question_is_not_the_services_failure(client: Recommender, server: ScriptedServer) -> None:
    server.answers = lambda path, number: reply('{"detail": "No movie has the genre."}', "400 Bad Request")
    for _ in range(100):
        answer = client.recommend(42, genre="Opera")
    assert answer.reason == "400: No movie has the genre."
    assert answer.is_fallback
    assert not client.is_open
    assert client.counts()["refused"] == 100


@pytest.mark.parametrize(
    "status", ["408 Request Timeout", "429 Too Many Requests", "302 Found", "204 No Content"]
)
def test_statuses_that_blame_no_question_are_failures(
    client: Recommender, server: ScriptedServer, status: str
) -> None:
    server.answers = lambda path, number: reply("", status)
    assert client.recommend(42).is_fallback
    assert client.counts()["error"] == 1


def test_while_it_is_open_nobody_asks(
    client: Recommender, server: ScriptedServer, clock: Clock, flips: list[Flip]
) -> None:
    break_down(server, client)
    asked = len(server.heads)
    assert asked == 20
    clock.pass_by(59)
    answer = client.recommend(42, n=1)
    assert answer.ids == ("own+1",)
    assert answer.reason == (
        "The kill switch is open: 20 of 20 calls failed, lastly: 500: Internal Server Error"
    )
    assert len(server.heads) == asked
    assert client.counts()["open"] == 81
    assert flips == [Flip(is_open=True, failed=20, calls=20, reason="500: Internal Server Error")]


def test_after_60_s_it_tries_once_and_closes_when_the_service_is_well(
    client: Recommender, server: ScriptedServer, clock: Clock, flips: list[Flip]
) -> None:
    break_down(server, client)
    clock.pass_by(60)
    assert client.recommend(42).reason == "500: Internal Server Error"
    assert client.recommend(42).reason.startswith("The kill switch is open")
    server.answers = lambda path, number: reply()
    clock.pass_by(60)
    assert client.recommend(42).source == "personal"
    assert not client.is_open
    assert [flip.is_open for flip in flips] == [True, False]
    assert len(server.heads) == 22


def test_an_answer_that_refuses_the_question_shows_that_the_service_is_well(
    client: Recommender, server: ScriptedServer, clock: Clock
) -> None:
    break_down(server, client)
    server.answers = lambda path, number: reply("", "400 Bad Request")
    clock.pass_by(60)
    client.recommend(42, genre="Opera")
    assert not client.is_open


def test_a_call_that_is_interrupted_while_it_probes_leaves_that_to_the_next(
    client: Recommender, server: ScriptedServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_down(server, client)
    server.answers = lambda path, number: reply()
    clock.pass_by(60)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(client._way, "ask", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.recommend(42)
    assert client.recommend(42).source == "personal"


def test_a_callback_that_fails_harms_no_call(
    server: ScriptedServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(flip: Flip) -> None:
        raise RuntimeError("mine")

    with Recommender(
        server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, on_flip=fail
    ) as client:
        break_down(server, client)
    assert "on_flip failed" in caplog.text


def test_each_flip_is_a_line_in_the_log(
    client: Recommender, server: ScriptedServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        break_down(server, client)
        server.answers = lambda path, number: reply()
        clock.pass_by(60)
        client.recommend(42)
    assert [record.getMessage().partition(": ")[2][:30] for record in caplog.records] == [
        "The kill switch is open: 20 of",
        "The kill switch is closed: the",
    ]


def test_who_wants_errors_gets_them(server: ScriptedServer, clock: Clock) -> None:
    with Recommender(
        server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, raise_on_failure=True
    ) as client:
        server.answers = lambda path, number: reply("", "500 Internal Server Error")
        for _ in range(20):
            with pytest.raises(NoAnswerError) as failed:
                client.recommend(42)
            assert failed.value.outcome == "error"
        with pytest.raises(NoAnswerError, match="The kill switch is open") as failed:
            client.recommend(42)
        assert failed.value.outcome == "open"


def test_many_threads_share_connections_counts_and_the_switch(
    client: Recommender, server: ScriptedServer, flips: list[Flip]
) -> None:
    server.answers = lambda path, number: reply(path.rpartition("/")[2])
    wrong: list[Answer] = []

    def ask(first: int) -> None:
        for user in range(first, first + 100):
            answer = client.recommend(user)
            if answer.ids != (str(user),):
                wrong.append(answer)

    threads = [threading.Thread(target=ask, args=(number * 1000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert client.counts()["answered"] == 800
    assert len(server.connections) <= 8
    break_down(server, client)
    assert len(flips) == 1
    assert sum(client.counts().values()) == 900
