"""A gateway and a real recommender: the user's order, and that for everybody whatever happens to it."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.recommender import Recommender as Model
from search.__main__ import orders_of, parser
from search.finder import Found
from search.fusion import Kind
from search.gateway import create_gateway
from search.http.questions import Wish
from search.movies import Movie
from search.personal.blend import Candidates, ordered
from search.personal.order import Outcome
from search.personal.rest import FAILURES, REST_S
from tests.support.models import GENRES, Size, make_movies, write_model
from tests.support.personal import QUESTION, WEIGHTS, Asked, ask, outcomes
from tests.support.scripted_server import reply, scripted
from tests.support.search_services import SearchSystem, publish_index
from tests.support.server import Server, serving

SHORT_S = 0.3
PERSON, SELDOM, UNKNOWN = 7, 10, 999
SIZE = Size(neighbours=40, movies=150)  # the catalogue has 50 movies more than the model


@pytest.fixture(scope="module")
def catalogue() -> list[Movie]:
    listed = make_movies(Size(movies=200))
    columns = enumerate(zip(listed.ids, listed.titles, strict=True))
    return [
        Movie(one, f"{title[:-7]} {GENRES[number % 3]} story", 1950 + number % 75, (GENRES[number % 4],))
        for number, (one, title) in columns
    ]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, catalogue: list[Movie]) -> Iterator[SearchSystem]:
    root = tmp_path_factory.mktemp("personal")
    system = SearchSystem(root)
    system.show(publish_index(root / "indexes", catalogue))
    system.look()
    yield system
    system.close()


@pytest.fixture
def asked(system: SearchSystem) -> Iterator[Asked]:
    asked = Asked(system)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "model"
    write_model(folder, SIZE)
    return folder


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("instance") / "log"
    with serving(log, {"MODEL_DIR": str(model), "WORKERS": "1"}) as server:
        yield server


def address(server: Server) -> str:
    return f"127.0.0.1:{server.port}"


def wanted(asked: Asked, model: Path, user: int) -> list[str]:
    """Return the order that a user shall get, from the model itself and one process's search."""
    from app.artifact import load

    recommender = Model(load(model))
    listed = asked.system.gateway.find(QUESTION, 100)
    row = recommender.user_row(user)
    assert listed
    assert row is not None
    ids = [listed.head.ids[one.row] for one in listed.found]
    rows = recommender.rows_of(ids)
    scores = iter(recommender.score_rows(row, [one for one in rows if one >= 0]))
    given = [next(scores) if one >= 0 else None for one in rows]
    order: Sequence[Found] = ordered(Candidates.of(listed.asked, listed.found), given, WEIGHTS[Kind.FACTS])
    return [listed.head.ids[one.row] for one in order]


def test_what_is_found_is_ordered_for_the_user_who_asks(asked: Asked, instance: Server, model: Path) -> None:
    client = asked.client(address(instance))
    _, plain = ask(client)
    is_personal, ids = ask(client, PERSON)
    assert is_personal
    assert ids == wanted(asked, model, PERSON)
    assert ids != plain
    assert sorted(ids) == sorted(plain)
    # Fewer than all: the best for the user of what the search thinks best, not of a few.
    assert ask(client, PERSON, n=5) == (True, ids[:5])
    assert ask(client, f"000{PERSON}", n=5) == (True, ids[:5])
    sent = client.post("/search", json={"query": QUESTION, "n": 5, "user": PERSON}).get_json()
    assert (sent["personal"], [one["id"] for one in sent["movies"]]) == (True, ids[:5])
    assert outcomes(client) == {**dict.fromkeys(Outcome, 0), Outcome.PERSONAL: 4}


@pytest.mark.parametrize("user", [SELDOM, UNKNOWN, "9" * 200, "0" * 200])
def test_who_is_not_known_gets_the_order_for_everybody(asked: Asked, instance: Server, user: object) -> None:
    client = asked.client(address(instance))
    assert ask(client, user) == ask(client) == (False, ask(client)[1])
    assert outcomes(client)[Outcome.UNKNOWN] == 1


def test_without_a_user_or_without_a_gain_nobody_is_asked(asked: Asked) -> None:
    with scripted() as server:
        client = asked.client(f"127.0.0.1:{server.port}")
        ask(client)
        ask(client, PERSON, "film 18 comedy story")
        assert server.paths == []
        assert outcomes(client) == {**dict.fromkeys(Outcome, 0), Outcome.UNASKED: 1}


def test_without_a_recommender_a_user_changes_nothing(asked: Asked) -> None:
    client = create_gateway(asked.system.gateway).test_client()
    assert ask(client, PERSON) == ask(client)


@pytest.mark.parametrize(("addresses", "looked_for"), [("", 5), (",", 5), ("a:1", 100), ("a:1,b:2", 100)])
def test_a_process_orders_where_it_is_told_whom_to_ask(addresses: str, looked_for: int) -> None:
    words = ["gateway", "--shards=c:3", "--indexes=d", f"--recommender={addresses}"]
    assert orders_of(parser().parse_args(words)).wanted(Wish("river", 5, "7")) == looked_for
    assert orders_of(parser().parse_args(words)).wanted(Wish("river", 5)) == 5


def test_a_title_that_is_asked_for_stays_first(asked: Asked, instance: Server) -> None:
    client = asked.client(address(instance), weights=dict.fromkeys(Kind, 100.0))
    for number in (3, 40, 111):
        text = f"film {number} {GENRES[number % 3]} story"
        is_personal, ids = ask(client, PERSON, text)
        assert is_personal
        assert ids[0].startswith(f"film+{number}+")


def test_a_model_of_another_catalogue_orders_nothing(asked: Asked, tmp_path: Path) -> None:
    listed = replace(make_movies(SIZE), ids=[f"other+{one}" for one in range(SIZE.movies)])
    write_model(tmp_path / "model", SIZE, version="20261102T0000-00000000", movies=listed)
    with serving(tmp_path / "log", {"MODEL_DIR": str(tmp_path / "model"), "WORKERS": "1"}) as other:
        client = asked.client(address(other))
        assert ask(client, PERSON) == ask(client)
        assert outcomes(client)[Outcome.FOREIGN] == 1


def test_another_model_gives_another_order(asked: Asked, instance: Server, tmp_path: Path) -> None:
    write_model(tmp_path / "model", SIZE, version="20261102T0000-00000000", seed=2)
    before = ask(asked.client(address(instance)), PERSON)
    with serving(tmp_path / "log", {"MODEL_DIR": str(tmp_path / "model"), "WORKERS": "1"}) as other:
        after = ask(asked.client(address(other)), PERSON)
    assert (before[0], after[0]) == (True, True)
    assert before[1] != after[1]
    assert sorted(before[1]) == sorted(after[1])


@pytest.mark.parametrize(
    "answer", [reply("{}", "500 Internal Server Error"), reply("no json"), reply('{"personal": true}'), None]
)
def test_what_a_recommender_says_instead_of_scores_costs_nobody_an_answer(
    asked: Asked, answer: bytes | None
) -> None:
    with scripted(lambda path, number: answer) as server:
        client = asked.client(f"127.0.0.1:{server.port}")
        plain = ask(client)
        for _ in range(FAILURES + 2):
            assert ask(client, PERSON) == plain
        assert outcomes(client) == {
            **dict.fromkeys(Outcome, 0), Outcome.AWAY: FAILURES, Outcome.RESTING: 2,
        }  # fmt: skip


def test_a_recommender_that_hangs_is_killed_and_comes_back(asked: Asked, model: Path, tmp_path: Path) -> None:
    environ = {"MODEL_DIR": str(model), "WORKERS": "1"}
    with serving(tmp_path / "log", environ) as server:
        quick, patient = asked.client(address(server), deadline_s=SHORT_S), asked.client(address(server))
        plain, personal = ask(quick), ask(patient, PERSON)
        assert personal[0]
        os.killpg(server.process.pid, signal.SIGSTOP)
        turns = 40
        for _ in range(turns):
            assert ask(quick, PERSON) == plain
        assert outcomes(quick) == {
            **dict.fromkeys(Outcome, 0), Outcome.AWAY: FAILURES, Outcome.RESTING: turns - FAILURES,
        }  # fmt: skip
        os.killpg(server.process.pid, signal.SIGCONT)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        asked.clock.now += REST_S
        assert ask(quick, PERSON) == plain
        assert ask(patient, PERSON) == plain
        port = server.port
    with serving(tmp_path / "log2", environ, port=port) as _:
        asked.clock.now += REST_S
        assert ask(patient, PERSON) == personal


def test_no_series_and_no_log_line_has_a_user(
    asked: Asked, instance: Server, caplog: pytest.LogCaptureFixture
) -> None:
    client = asked.client(address(instance))
    with caplog.at_level("DEBUG"):
        ask(client, 471147)
    assert "471147" not in client.get("/metrics").get_data(as_text=True)
    assert "471147" not in caplog.text
    assert json.dumps(sorted(outcomes(client))) == json.dumps(sorted(Outcome))
