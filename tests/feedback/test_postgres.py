"""Feedback in a real PostgreSQL: what goes wrong is said in one sentence, and nothing is lost or doubled."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from psycopg import errors

from auto_deployment.cli import main
from auto_deployment.feedback.files import FeedbackError
from auto_deployment.feedback.measures import Question, measure
from auto_deployment.feedback.postgres import partitions
from auto_deployment.feedback.postgres.copying import copy_in
from auto_deployment.feedback.postgres.database import Database
from auto_deployment.feedback.postgres.schema import LOCK, READER, VERSION
from auto_deployment.feedback.postgres.store import CLAIM, PostgresStore
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES, TABLES
from tests.support.feedback.postgres import NAME, PASSWORD, SMALL, USER, Server
from tests.support.feedback.world import LIST, NOON, World, after, rated, request, told, watched
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab


@pytest.fixture
def world(tmp_path: Path, postgres: Server) -> World:
    """Give requests of three users; the first has watched and rated something."""
    world = World(tmp_path)
    world.catalogue(*LIST)
    for user in (1, 2, 3):
        world.log(request(after(minutes=user), user, user, track='sta"ble, \\'))
        world.segment(told(after(minutes=user), user, (*LIST, 'naïve+"title"+{x}\\+2000')))
    world.segment(*watched(after(minutes=9), 1, LIST[1], 7), rated(after(minutes=20), 1, LIST[1], 3))
    world.collect()
    return world


def counts(server: Server) -> list[int]:
    return [server.ask(f"SELECT count(*) FROM {table.name}")[0][0] for table in TABLES]


def tables_of(world: World, store: FeedbackStore) -> list[pa.Table]:
    with world.engine.connection() as connection:
        store.show(connection, None)
        return [connection.sql(f"SELECT * FROM {table.name}").to_arrow_table() for table in TABLES]


def files_of(world: World) -> ParquetStore:
    """Join the same into files."""
    store = ParquetStore(world.layout.root)
    world.store, kept = store, world.store
    world.join()
    world.store = kept
    return store


def test_both_stores_hold_the_same_and_report_the_same_to_the_last_digit(world: World) -> None:
    world.join()
    files = files_of(world)
    for path in world.layout.copies.rglob("*.parquet"):
        path.unlink()  # all has to come from the server
    assert tables_of(world, world.store) == tables_of(world, files)
    question = Question(NOON - timedelta(days=1))
    people = world.catalogue_users()
    reports = [
        measure(world.engine, store, question, people, LIST, world.params.report)
        for store in (world.store, files)
    ]
    assert reports[0] == reports[1] != []
    for table in TABLES:
        facts = world.store.facts(table)
        assert {key: {**of, "mark": 0} for key, of in facts.items()} == {
            key: {**{name: value for name, value in of.items() if name != "schema"}, "mark": 0}
            for key, of in files.facts(table).items()
        }


def test_what_was_in_files_moves_into_the_database_once(
    world: World, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    files_of(world)
    assert main(["feedback", "join", "--once"]) == 0
    assert counts(postgres) == [3, 1, 1]
    assert not list(world.layout.table("impressions").iterdir())
    assert main(["feedback", "query", "SELECT movie_id FROM outcomes"]) == 0


def test_a_server_that_is_away_is_waited_for_and_nothing_is_lost(world: World, postgres: Server) -> None:
    joiner = world.joiner()
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(FeedbackError, match=r"does not answer .*Nothing is lost meanwhile"):
                joiner.step(after(hours=1))
        world.log(request(after(minutes=5), 5, 5))
        assert world.collect().done.requests == 1  # collecting goes on
    finally:
        postgres.start()
    world.segment(told(after(minutes=5), 5))
    joiner.step(after(hours=2))
    assert counts(postgres) == [4, 1, 1]


def test_a_connection_that_ends_in_the_middle_of_a_copy_leaves_what_was_there(
    world: World, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.join()
    world.segment(told(after(minutes=7), 7))
    world.log(request(after(minutes=7), 7, 7))
    world.collect()

    def broken(connection: psycopg.Connection[object], *words: object) -> None:
        copy_in(connection, *words)  # type: ignore[arg-type]
        postgres.ask(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        connection.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("auto_deployment.feedback.postgres.store.copy_in", broken)
        with pytest.raises(FeedbackError, match="Nothing is lost meanwhile"):
            world.join()
    assert counts(postgres) == [3, 1, 1]
    world.join()
    assert counts(postgres) == [4, 1, 1]


def test_a_full_disk_is_said_and_the_next_round_does_it(world: World, postgres: Server) -> None:
    postgres.ask(f"CREATE TABLESPACE small LOCATION '{SMALL}'")
    try:
        world.store.facts(IMPRESSIONS)
        postgres.ask(f"ALTER DATABASE {NAME} SET default_tablespace = small")
        postgres.ask("CREATE TABLE filler (text text) TABLESPACE small")
        with pytest.raises(errors.DiskFull):
            postgres.ask("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
        with pytest.raises(FeedbackError, match="no room on its disk: make some there"):
            world.join()
        postgres.ask("DROP TABLE filler")
        world.join()
        assert counts(postgres) == [3, 1, 1]
    finally:
        postgres.ask(f"ALTER DATABASE {NAME} RESET default_tablespace")
        postgres.empty()
        postgres.ask("DROP TABLESPACE small")


def test_a_wrong_password_is_said_without_showing_it(postgres: Server) -> None:
    for database in (Database(postgres.url, "wrong-one"), Database(postgres.url)):
        with pytest.raises(FeedbackError, match="refuses the password: set it in") as told_:
            PostgresStore(database, Path("nowhere")).facts(IMPRESSIONS)
        assert "wrong-one" not in f"{told_.value} {database}"


def test_tables_of_a_later_version_are_refused_and_left_alone(world: World, postgres: Server) -> None:
    world.join()
    postgres.ask(f"INSERT INTO schema_steps VALUES ({VERSION + 1}, now())")
    for act in (world.join, lambda: world.rows("SELECT * FROM impressions")):
        with pytest.raises(FeedbackError, match=f"schema version {VERSION + 1}, and this build knows"):
            act()
    assert counts(postgres) == [3, 1, 1]


def test_two_that_start_at_once_make_the_tables_once(tmp_path: Path, postgres: Server) -> None:
    stores = [PostgresStore(postgres.database, tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as beside, psycopg.connect(postgres.url, password=PASSWORD) as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        all_wait = threading.Timer(0, _when_waiting, [postgres, len(stores), first.commit])
        all_wait.start()
        assert [one.result() for one in [beside.submit(one.facts, OUTCOMES) for one in stores]] == [{}] * 4
    assert postgres.ask("SELECT version FROM schema_steps") == [(VERSION,)]


def _when_waiting(server: Server, count: int, act: Callable[[], None]) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    eventually(lambda: server.ask(waiting) == [(count,)])
    act()


def test_a_writer_that_was_killed_while_it_ended_is_waited_for(world: World, postgres: Server) -> None:
    """Its server process may still commit when the next one begins: both would leave their rows."""
    world.join()
    facts = world.store.facts(IMPRESSIONS)[NOON]
    rows = tables_of(world, world.store)[0]
    with psycopg.connect(postgres.url, password=PASSWORD) as killed:
        killed.execute(CLAIM, ["impressions", NOON, "{}"])
        killed.execute("INSERT INTO impressions SELECT * FROM impressions")
        again = threading.Thread(target=world.store.replace, args=(IMPRESSIONS, NOON, rows, facts))
        again.start()
        while not postgres.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert again.is_alive()
        killed.commit()
        again.join()
    assert counts(postgres)[0] == 3


def test_days_beyond_their_time_go_as_whole_partitions(
    world: World, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "WAIT", "SET LOCAL lock_timeout = '50ms'")
    world.join()
    parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'impressions'::regclass"
    assert postgres.ask(parts) == [(1,)]
    assert world.store.remove_before(after(hours=11)) == 0
    with psycopg.connect(postgres.url, password=PASSWORD) as person:  # a question that takes long
        person.execute("SELECT * FROM impressions")
        with pytest.raises(FeedbackError, match="long question running"):
            world.store.remove_before(after(days=2))
    assert world.store.remove_before(after(days=2)) > 0
    assert postgres.ask(parts) == [(0,)]
    assert world.rows("SELECT * FROM impressions") == []


def test_people_may_read_and_change_nothing(world: World, postgres: Server) -> None:
    world.join()
    postgres.ask(f"DROP ROLE IF EXISTS ann; CREATE ROLE ann LOGIN PASSWORD 'ann' IN ROLE {READER}")
    ann = {"user": "ann", "password": "ann"}
    assert postgres.ask("SELECT count(*) FROM impressions JOIN outcomes USING (request_id)", **ann) == [(1,)]
    for sql in ("DELETE FROM outcomes", "CREATE TABLE own (x int)", "INSERT INTO titles VALUES (now())"):
        with pytest.raises(errors.InsufficientPrivilege):
            postgres.ask(sql, **ann)
    reading = Database(postgres.url.replace(f"{USER}@", "ann:ann@"))
    assert PostgresStore(reading, world.layout.root).facts(OUTCOMES)
    with pytest.raises(FeedbackError, match="lets this account read only"):
        PostgresStore(reading, world.layout.root).remove_before(after(days=9))
