"""Both stores of feedback side by side: kills that lose nothing, and what it costs to ask about one user."""

import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.measures import Question, measure
from auto_deployment.feedback.postgres.store import PostgresStore
from auto_deployment.feedback.questions import ask
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.feedback.tables import IMPRESSIONS, TABLES
from auto_deployment.params import load_params
from benchmarks import feedback_data
from benchmarks.report import Table
from tests.support.feedback import kills
from tests.support.feedback.postgres import PASSWORD, Server
from tests.support.feedback.world import World
from tests.support.project import PROJECT

FULL = 5_000_000
MOST_MS, MOST_MS_POSTGRES = 100.0, 10.0
USERS = range(1_000, 1_021)
OF_USER = """
    SELECT time, release, source, array_to_string(movies[1:3], ' ') AS best, movie_id AS watched, place
    FROM impressions LEFT JOIN outcomes USING (request_id)
    WHERE impressions.user_id = {user} ORDER BY time DESC LIMIT 20
"""


def measure_stores(work: Path, table: Table, lists: int, requests: int, kill_count: int) -> dict[str, Any]:
    """Measure with a PostgreSQL of its own, which needs Docker."""
    folder = work / "feedback-stores"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    server = Server()
    try:
        found = {"kills": _kills(folder, server, table, requests, kill_count)} if requests else {}
        if lists:
            server.empty()
            found["one_user"] = _one_user(folder, server, table, lists)
    finally:
        server.close()
        shutil.rmtree(folder)
    return found


def _kills(folder: Path, server: Server, table: Table, requests: int, count: int) -> dict[str, Any]:
    """Kill collector and joiner over each store; then keep the same in the other one and compare."""
    found, plan = {}, kills.Plan(requests, count)
    for name in ("files", "postgres"):
        home = folder / name
        home.mkdir()
        if name == "postgres":
            World.make_store = staticmethod(lambda root: PostgresStore(server.database, root))
            os.environ |= {"FEEDBACK_URL": server.url, "FEEDBACK_PASSWORD": PASSWORD}
        outcome = kills.run(home, plan)
        found[name] = asdict(outcome)
        table.promise(
            f"{name}: {requests:,} requests, {count} kills of each: lost", outcome.lost, 0, at_most=True
        )
        missing = requests - outcome.impressions
        table.promise(f"{name}: lists lost", missing, 0, at_most=True)
        doubled = outcome.doubled + outcome.impressions_doubled
        table.promise(f"{name}: doubled", doubled, 0, at_most=True)
    world = World(folder / "postgres")
    in_server = [server.ask(f"SELECT count(*) FROM {one.name}")[0][0] for one in TABLES]
    files = ParquetStore(world.layout.root)
    _copy(world.store, files, world.engine)
    reports = [_report(world, store) for store in (world.store, files)]
    table.promise("rows in the server itself are as many as lists", float(in_server[0] == requests), 1.0)
    table.promise("both stores report the same to the last digit", float(reports[0] == reports[1]), 1.0)
    return {**found, "in_server": in_server}


def _copy(store: FeedbackStore, files: ParquetStore, engine: Engine) -> None:
    """Make the periods of a server again as files, from what DuckDB is shown of it."""
    for one in TABLES:
        for period, facts in store.facts(one).items():
            end = period + one.period
            key = {"impressions": "time", "outcomes": "watched_at", "titles": "day"}[one.name]
            sql = f"SELECT * FROM {one.name} WHERE {key} >= $begin AND {key} < $end"
            files.replace(one, period, ask(engine, store, sql, {"begin": period, "end": end}, period), facts)


def _report(world: World, store: FeedbackStore) -> str:
    since = min(store.facts(IMPRESSIONS)) - timedelta(days=1)
    movies = ["alien+1979", "brazil+1985"]
    report = load_params(PROJECT / "params.yaml").feedback.report
    return repr(measure(world.engine, store, Question(since), world.catalogue_users(), movies, report))


def _one_user(folder: Path, server: Server, table: Table, lists: int) -> dict[str, Any]:
    files = ParquetStore(folder / "own")
    feedback_data.make_lists(files, lists)
    engine = Engine(folder / "spill", 1, 640)
    own = _times(lambda user: len(ask(engine, files, OF_USER.format(user=user), {})))
    store, began_s = PostgresStore(server.database, folder / "other"), time.process_time()
    for period, facts in files.facts(IMPRESSIONS).items():
        store.replace(IMPRESSIONS, period, files.rows(IMPRESSIONS, period), facts)
    copied_s = time.process_time() - began_s
    server.ask("ANALYZE")
    with psycopg.connect(server.url, password=PASSWORD, autocommit=True) as connection:
        other = _times(lambda user: len(connection.execute(OF_USER.format(user=user)).fetchall()), wall=True)
    full = lists >= FULL
    table.promise(
        f"files: one of {lists:,} lists' users, ms of processor", own, MOST_MS if full else None, at_most=True
    )
    most = MOST_MS_POSTGRES if full else None
    table.promise("postgres: the same, ms by the clock", other, most, at_most=True)
    table.promise("copying them into it: s of our processor", copied_s, None)
    return {"lists": lists, "files_ms": own, "postgres_ms": other, "copied_s": copied_s}


def _times(answer: Callable[[int], int], *, wall: bool = False) -> float:
    """Return the median of how long an answer takes, in milliseconds; the first is to warm up."""
    clock = time.perf_counter if wall else time.process_time
    times = []
    for user in USERS:
        began_s = clock()
        assert answer(user)
        times.append(1000 * (clock() - began_s))
    return statistics.median(times[1:])
