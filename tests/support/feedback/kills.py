"""Kill `feedback collect` and `feedback join` again and again while requests are made, then count.

Each request has a user's line in the edge log and one in a segment, and every fifth is followed by a watch.
At the end the rows of all files are counted, and what the release judge is told is read.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from auto_deployment.feedback.files import closed_files
from auto_deployment.local.edge_log import rotate
from tests.support.feedback.world import LIST, World, request, told, watched
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

USERS = 997
WATCHED_EVERY = 5
RELEASE = "v2-abc1234"
MOST_S = 0.05  # that both go on after a sign of life


@dataclass(frozen=True, slots=True)
class Plan:
    """How many requests, and how often both are killed meanwhile."""

    requests: int
    kills: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found at the end."""

    collected: int
    lost: int
    doubled: int
    impressions: int
    impressions_doubled: int
    outcomes: int
    users_shown: int  # as the release judge is told
    users_watched: int


def run(home: Path, plan: Plan) -> Outcome:
    """Let requests come, kill both at random moments, let both end their work, and count."""
    world, dice = World(home), random.Random(plan.seed)
    world.paths.segments.mkdir(parents=True)
    world.edge_log = home / "data" / "run" / "logs" / "edge.log"
    world.edge_log.parent.mkdir(parents=True)
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    world.paths.releases.mkdir()
    world.paths.evidence.write_text(json.dumps({"release": RELEASE, "since": begin.isoformat()}))
    for life in range(plan.kills):
        first, last = (plan.requests * number // plan.kills for number in (life, life + 1))
        _make_requests(world, begin, range(first, last), plan)
        rotate(world.edge_log, 0, 100, world.edge_log.touch)
        _live(home, world, dice)
    world.collect()
    world.join(datetime.now(UTC))
    return _count(world, plan)


def _make_requests(world: World, begin: datetime, numbers: range, plan: Plan) -> None:
    times = {number: begin + timedelta(hours=2) * (number / plan.requests) for number in numbers}
    world.log(*(request(time, 1 + number % USERS, number, release=RELEASE) for number, time in times.items()))
    events = [told(time, 1 + number % USERS) for number, time in times.items()]
    seen = [number for number in numbers if number % WATCHED_EVERY == 0 and number < USERS]
    watches = (watched(times[number] + timedelta(minutes=1), 1 + number, LIST[0], 2) for number in seen)
    world.segment(*events, *(one for each in watches for one in each))


def _live(home: Path, world: World, dice: random.Random) -> None:
    """Start both, and kill each somewhere after it has begun to write."""
    kept = world.layout.copies if "FEEDBACK_URL" in os.environ else world.layout.root
    edge, impressions = world.layout.edge, kept / "impressions"
    begun = {edge: _mark(edge, "*.parquet"), impressions: _mark(impressions, "*")}
    running = [_start(home, word) for word in ("collect", "join")]
    try:
        for process, (table, mark) in zip(running, begun.items(), strict=True):
            # A whole file of the collector, so that there is something new to join; anything of the joiner.
            form = "*.parquet" if table == edge else "*"
            eventually(partial(_has_changed, table, form, mark), step_s=0.002)
            time.sleep(dice.uniform(0, MOST_S))
            process.send_signal(signal.SIGKILL)
    finally:
        for process in running:
            process.kill()
            process.wait()


def _has_changed(table: Path, form: str, mark: list[tuple[str, int]]) -> bool:
    return _mark(table, form) != mark


def _mark(table: Path, form: str) -> list[tuple[str, int]]:
    """Return what there is: a change says that somebody is writing."""
    found = []
    for path in table.glob(form):
        with suppress(FileNotFoundError):
            found.append((path.name, path.stat().st_mtime_ns))
    return sorted(found)


def _start(home: Path, word: str) -> subprocess.Popen[bytes]:
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["feedback"]["collect"] |= {"poll_s": 0.01, "max_age_s": 0.02, "max_lines": 100}
    params["feedback"]["join"]["every_s"] = 0.01
    file = home / f"{word}.yaml"
    file.write_text(yaml.safe_dump(params), "utf-8")
    ports = {f"FEEDBACK_{one}_METRICS_PORT": str(free_port()) for one in ("COLLECT", "JOIN")}
    env = {**os.environ, **ports, "DATA_DIR": str(home / "data"), "PARAMS_FILE": str(file)}
    command = [sys.executable, "-m", "auto_deployment", "feedback", word]
    with (home / f"{word}.log").open("ab") as log:
        return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log)


def _count(world: World, plan: Plan) -> Outcome:
    numbers = [
        int(text, 16)
        for path in closed_files(world.layout.edge)
        for text in pq.read_table(path, columns=["request_id"])["request_id"].to_pylist()
    ]
    [shown] = world.rows("SELECT count(*) AS rows, count(DISTINCT request_id) AS requests FROM impressions")
    [came] = world.rows("SELECT count(*) AS rows FROM outcomes")
    told_to_judge = json.loads((world.layout.watched / f"{RELEASE}.json").read_bytes())["tracks"]["canary"]
    return Outcome(
        collected=len(numbers),
        lost=len(set(range(plan.requests)) - set(numbers)),
        doubled=len(numbers) - len(set(numbers)),
        impressions=shown["rows"],
        impressions_doubled=shown["rows"] - shown["requests"],
        outcomes=came["rows"],
        users_shown=told_to_judge["shown"],
        users_watched=told_to_judge["watched"],
    )
