"""What a recommender may answer, or not, and that none of it costs more than its deadline."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from search.personal.recommender import PATH_MAX, AwayError, Recommender, RestingError, path_of, scores_of
from search.personal.rest import FAILURES, REST_S
from tests.support.personal import PATIENT_S, Clock
from tests.support.ports import free_port
from tests.support.scripted_server import Answers, ScriptedServer, reply, scripted

MOVIES = ("heat+1995", "ronin+1998", "é+2001")


def said(*scores: float | None, personal: bool = True) -> bytes:
    return reply(json.dumps({"model_version": "v1", "personal": personal, "scores": list(scores)}))


@contextmanager
def asking(
    *servers: ScriptedServer | str, deadline_s: float = PATIENT_S, clock: Clock | None = None
) -> Iterator[Recommender]:
    addresses = [one if isinstance(one, str) else f"127.0.0.1:{one.port}" for one in servers]
    recommender = Recommender(addresses, deadline_s, clock or Clock())
    try:
        yield recommender
    finally:
        recommender.close()


def test_movies_are_named_in_one_line_and_scores_come_in_their_order() -> None:
    with scripted(lambda path, number: said(1.5, None, -2)) as server, asking(server) as recommender:
        assert recommender.scores("42", MOVIES) == [1.5, None, -2.0]
        assert server.paths == ["/score/42?movies=heat+1995,ronin+1998,%C3%A9+2001"]


def test_a_connection_is_kept_and_made_anew_once_the_other_side_has_closed_it() -> None:
    with scripted(lambda path, number: said(1, 2, 3)) as server, asking(server) as recommender:
        for _ in range(3):
            recommender.scores("42", MOVIES)
        assert len(server.connections) == 1
        server.close_connections()
        assert recommender.scores("42", MOVIES) == [1, 2, 3]
        assert len(server.connections) == 2


def test_a_user_without_scores_is_no_failure() -> None:
    nobody = reply('{"model_version": "v1", "personal": false, "scores": null}')
    with scripted(lambda path, number: nobody) as server, asking(server) as recommender:
        for _ in range(FAILURES + 1):
            assert recommender.scores("9" * 200, MOVIES) is None
        assert len(server.paths) == FAILURES + 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        reply("{}", "500 Internal Server Error"),
        reply('{"detail": "There is nothing here."}', "404 Not Found"),
        reply("<html>"),
        reply("[" * 100_000),
        reply("[]"),
        reply("{}"),
        reply('{"personal": 1, "scores": [1, 2, 3]}'),
        reply('{"personal": true}'),
        reply('{"personal": true, "scores": {"a": 1}}'),
        said(1, 2),
        said(1, 2, 3, 4),
        said(1, 2, float("nan")),
        said(1, 2, float("inf")),
        reply('{"personal": true, "scores": [1, 2, "3"]}'),
        reply('{"personal": true, "scores": [1, 2, true]}'),
        reply('{"personal": true, "scores": [1, 2, 1' + "0" * 400 + "]}"),
        b"garbage\r\n\r\n",
        b"\x00\xff" * 50_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{",
    ],
)  # fmt: skip
def test_whatever_is_no_answer_is_away(answer: bytes | None) -> None:
    whole = answer is not None and not answer.endswith(b"\r\n\r\n{")
    deadline_s = PATIENT_S if whole else 0.2
    with (
        scripted(lambda path, number: answer) as server,
        asking(server, deadline_s=deadline_s) as recommender,
    ):
        with pytest.raises(AwayError):
            recommender.scores("42", MOVIES)
        server.answers = lambda path, number: said(1, 2, 3)


def test_one_that_hangs_is_left_at_the_deadline() -> None:
    freed = threading.Event()

    def hang(path: str, number: int) -> None:
        freed.wait(60)

    with scripted(hang) as server, asking(server, deadline_s=0.05) as recommender:
        with pytest.raises(AwayError):
            recommender.scores("42", MOVIES)
        freed.set()


def test_one_that_sends_byte_by_byte_is_left_at_the_deadline() -> None:
    """Each byte would begin the time limit of a socket anew."""
    stop, sent = threading.Event(), threading.Event()

    def trickle(server: ScriptedServer) -> None:
        while not stop.wait(0.01):
            for one in server.connections:
                if one.fileno() >= 0:
                    one.send(b"H")
                    sent.set()

    def wait(path: str, number: int) -> None:
        stop.wait(60)

    with scripted(wait) as server, asking(server, deadline_s=0.3) as recommender:
        thread = threading.Thread(target=trickle, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(AwayError):
            recommender.scores("42", MOVIES)
        assert sent.wait(20)
        stop.set()
        thread.join()


def test_who_fails_again_and_again_is_not_asked_until_a_rest_is_over() -> None:
    clock = Clock()
    broken: Answers = lambda path, number: reply("{}", "500 Internal Server Error")  # noqa: E731
    with scripted(broken) as server, asking(server, clock=clock) as recommender:
        for _ in range(FAILURES):
            with pytest.raises(AwayError):
                recommender.scores("42", MOVIES)
        for _ in range(50):
            with pytest.raises(RestingError):
                recommender.scores("42", MOVIES)
        assert len(server.paths) == FAILURES
        clock.now += REST_S
        with pytest.raises(AwayError):
            recommender.scores("42", MOVIES)
        with pytest.raises(RestingError):
            recommender.scores("42", MOVIES)
        assert len(server.paths) == FAILURES + 1
        server.answers = lambda path, number: said(1, 2, 3)
        clock.now += REST_S
        for _ in range(2):
            assert recommender.scores("42", MOVIES) == [1, 2, 3]


def test_of_several_instances_one_that_is_gone_is_not_noticed() -> None:
    gone = f"127.0.0.1:{free_port()}"
    with scripted(lambda path, number: said(1, 2, 3)) as server, asking(gone, server) as recommender:
        for _ in range(2 * FAILURES + 2):
            assert recommender.scores("42", MOVIES) == [1, 2, 3]
        assert recommender._rests[gone].is_resting


def test_of_several_instances_one_that_hangs_leaves_time_for_the_other() -> None:
    freed = threading.Event()

    def hang(path: str, number: int) -> None:
        freed.wait(60)

    with (
        scripted(hang) as hung,
        scripted(lambda path, number: said(1, 2, 3)) as server,
        asking(hung, server, deadline_s=4) as recommender,
    ):
        for _ in range(2):
            assert recommender.scores("42", MOVIES) == [1, 2, 3]
        freed.set()


def test_more_movies_than_one_line_takes_are_not_asked_about() -> None:
    long = [f"{'a' * 500}+{number}" for number in range(100)]
    path, places = path_of("9" * 200, long)
    assert PATH_MAX - 600 < len(path) < PATH_MAX + 300
    assert places == list(range(len(places)))
    scores = scores_of({"personal": True, "scores": [1] * len(places)}, places, 100)
    assert scores == [1.0] * len(places) + [None] * (100 - len(places))


def test_an_id_that_would_be_read_as_two_is_not_asked_about() -> None:
    path, places = path_of("1", ["a", "b,c", "d e", "f"])
    assert (path, places) == ("/score/1?movies=a,f", [0, 3])
    assert scores_of({"personal": True, "scores": [1, 2]}, places, 4) == [1, None, None, 2]
