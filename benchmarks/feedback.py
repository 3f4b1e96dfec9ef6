"""What crediting watches costs, against SQLite's correlated query; measuring; collecting the edge log."""

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from auto_deployment.dataset.catalog import USERS
from auto_deployment.feedback import measures as feedback_measures
from auto_deployment.feedback.collect import Collector
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.measures import Question
from auto_deployment.feedback.outcomes import credit
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from benchmarks import feedback_data
from benchmarks.report import Table
from tests.support.project import PROJECT
from tests.support.release.edge_lines import edge_line

FASTER, MOST_MB = 8.0, 1000.0
LINES_A_S, PROCESSOR_SHARE = 5_000, 0.1
LINES = 200_000
FULL = 5_000_000  # what is promised; with fewer, starting is most of it
# For each watch the newest list of its user with its title, within a day before it; there is an index.
CORRELATED = """
    SELECT count(shown), sum(shown) FROM (
        SELECT (
            SELECT id FROM impressions AS i
            WHERE i.user_id = w.user_id AND i.time <= w.time + 1000000 AND i.time >= w.time - 86400000000
                AND instr(i.movies, ',' || w.movie_id || ',')
            ORDER BY i.time DESC LIMIT 1
        ) AS shown FROM watches AS w
    )
"""


def measure(work: Path, table: Table, impressions: int, watches: int) -> dict[str, Any]:
    """Join by both, each in a process of its own; then collect lines of the edge log."""
    folder = work / "feedback"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    feedback_data.make(folder, impressions, watches)
    own, other = (_in_a_process(folder, which) for which in ("own", "sqlite"))
    same = own["found"] == other["found"]
    table.promise(f"{impressions:,} lists, {watches:,} watches: s of processor", own["cpu_s"], None)
    table.promise("SQLite's correlated query: s of processor", other["cpu_s"], None)
    table.promise("the index that it needs: s of processor", other["index_s"], None)
    table.promise("times faster than the query alone", other["cpu_s"] / own["cpu_s"], None)
    ratio = (other["cpu_s"] + other["index_s"]) / own["cpu_s"]
    table.promise("times faster than index and query", ratio, FASTER if impressions >= FULL else None)
    table.promise("its largest memory, MB", own["peak_mb"], MOST_MB, at_most=True)
    table.promise("both credit the same lists (1: yes)", float(same), 1.0)
    measured = _in_a_process(folder, "measures")
    table.promise("measuring all of these lists, by all groups: s of processor", measured["cpu_s"], None)
    table.promise("its largest memory, MB", measured["peak_mb"], MOST_MB, at_most=True)
    cpu_s = _collect(folder)
    share = cpu_s / LINES * LINES_A_S
    table.promise(
        f"share of a core for {LINES_A_S:,} edge lines a second", share, PROCESSOR_SHARE, at_most=True
    )
    shutil.rmtree(folder)
    return {
        "impressions": impressions,
        "watches": watches,
        "own": own,
        "sqlite": other,
        "measures": measured,
        "collect_cpu_s": cpu_s,
    }


def _in_a_process(folder: Path, which: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.feedback", str(folder), which]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _own(folder: Path) -> tuple[list[int], float, float]:
    made = feedback_data.opened(folder)
    params = load_params(PROJECT / "params.yaml").feedback.join
    movies = pa.table({"movie_id": pa.array([], pa.string()), "runtime_min": pa.array([], pa.int32())})
    with Engine(folder / "spill", params.threads, params.memory_mb).connection() as connection:
        began_s = time.process_time()
        made.store.show(connection, None)
        outcomes = credit(connection, "impressions", [made.segment], movies, made.day, params).outcomes
    cpu_s = time.process_time() - began_s
    numbers = [int(text, 16) for text in outcomes["request_id"].to_pylist()]
    return [len(numbers), sum(numbers)], cpu_s, 0.0


def _sqlite(folder: Path) -> tuple[list[int], float, float]:
    with sqlite3.connect(folder / feedback_data.DATABASE) as connection:
        connection.execute("PRAGMA cache_size = -500000")
        began_s = time.process_time()
        connection.execute("CREATE INDEX by_user ON impressions (user_id, time)")
        index_s = time.process_time() - began_s
        found = list(connection.execute(CORRELATED).fetchone())
        return found, time.process_time() - began_s - index_s, index_s


def _measures(folder: Path) -> tuple[list[int], float, float]:
    made, params = feedback_data.opened(folder), load_params(PROJECT / "params.yaml").feedback
    engine = Engine(folder / "spill", params.join.threads, params.join.memory_mb)
    engine.spill.mkdir(exist_ok=True)
    question, users = Question(feedback_data.DAY - timedelta(days=1)), USERS.read(folder / "catalog")
    began_s = time.process_time()
    [all_of_it, *_] = feedback_measures.measure(engine, made.store, question, users, [], params.report)
    return [all_of_it.impressions], time.process_time() - began_s, 0.0


def _collect(folder: Path) -> float:
    log = folder / "edge.log"
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    with log.open("wb") as file:
        for number in range(LINES):
            file.write(edge_line(time=now, request_id=f"{number:032x}", user=str(1 + number % 100_000)))
    collector = Collector(log, Paths(folder), load_params(PROJECT / "params.yaml").feedback.collect)
    began_s = time.process_time()
    collector.step(datetime.now(UTC))
    collector.close()
    return time.process_time() - began_s


def main(folder: Path, which: str) -> None:
    """Join, and say how long it took and how much memory this process had."""
    found, cpu_s, index_s = {"own": _own, "sqlite": _sqlite, "measures": _measures}[which](folder)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = {"found": found, "cpu_s": cpu_s, "index_s": index_s, "peak_mb": peak_mb}
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
