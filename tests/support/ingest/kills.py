"""Kill `ingest` again and again while lines flow, then count.

Numbered rating lines, one in a hundred damaged, flow through a real broker with two partitions. Each life of
the process takes place on the next day of its calendar, so each joins the segments of the one before it. At
the end the raw rows of all Parquet files are counted, before anything is absorbed.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from auto_deployment.dataset.compaction import remove_replaced
from auto_deployment.dataset.segments import JOINED
from auto_deployment.host.files import remove_leftovers
from auto_deployment.ingest.positions import find_holes
from auto_deployment.ingest.recovery import read_stored
from auto_deployment.paths import Paths
from tests.support.ingest.home import rating_line
from tests.support.ingest.kafka import Broker
from tests.support.ingest.kill_child import MOMENTS, RANDOM, RENAMED, SYNCED
from tests.support.project import PROJECT

PARTITIONS = 2
_DAMAGED_EVERY = 100
_MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much flows, and how often it is interrupted."""

    lines: int
    kills: int
    seed: int = 1

    @property
    def lines_a_life(self) -> int:
        return self.lines // self.kills

    @property
    def lines_a_batch(self) -> int:
        return max(self.lines_a_life // 8, 10)


@dataclass
class Outcome:
    """What was found at the end. `lost` and `doubled` count lines."""

    lost: int = 0
    doubled: int = 0
    rows: int = 0
    rejected: int = 0
    holes: int = 0
    ends: dict[int, int] = field(default_factory=dict)
    segments: int = 0
    joined: int = 0
    replaced: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def run(broker: Broker, home: Path, plan: Plan) -> Outcome:
    """Let the lines flow, kill, and count."""
    begun, dice, kills = time.monotonic(), random.Random(plan.seed), Counter[str]()
    topic = broker.create_topic(partitions=PARTITIONS)
    environ = _environ(broker, topic, home)
    for life in range(plan.kills):
        _produce(broker, topic, life * plan.lines_a_life, plan.lines_a_life)
        moment = MOMENTS[1 + life // 2 % (len(MOMENTS) - 1)] if life % 2 else RANDOM
        kills[moment if _live(environ, moment, life, plan, dice) else RANDOM] += 1
    _produce(broker, topic, plan.kills * plan.lines_a_life, plan.lines - plan.kills * plan.lines_a_life)
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-m", "auto_deployment", "ingest", "--once"],
            env=environ,
            cwd=PROJECT,
            check=True,
        )
    outcome = count(Paths(home), plan.lines)
    outcome.kills, outcome.seconds = kills, time.monotonic() - begun
    return outcome


def count(paths: Paths, lines: int) -> Outcome:
    """Count every line by where it stood: in rows of all segment files there are, and in quarantine."""
    remove_leftovers(paths.segments)
    remove_replaced(paths.segments)
    outcome, found = Outcome(), Counter[tuple[int, int]]()
    for path in sorted(paths.segments.glob("*.parquet")):
        places = _places(path)
        found.update(places)
        outcome.rows += len(places)
        outcome.segments += 1
        outcome.joined += JOINED in path.stem
    for path in paths.quarantine.glob("*.parquet"):
        places = _places(path)
        found.update(places)
        outcome.rejected += len(places)
    wanted = {(number % PARTITIONS, number // PARTITIONS) for number in range(lines)}
    outcome.lost = len(wanted - found.keys())
    outcome.doubled = sum(times - 1 for times in found.values()) + len(found.keys() - wanted)
    stored = read_stored(paths)
    begins = [min(part.ranges[p][0] for part in stored if p in part.ranges) for p in range(PARTITIONS)]
    outcome.holes = len(find_holes(stored)) + sum(map(bool, begins))
    outcome.replaced = sum(len(part.source.get("replaces", ())) for part in stored)
    for part in stored:
        for partition, (_, after) in part.ranges.items():
            outcome.ends[partition] = max(after, outcome.ends.get(partition, 0))
    return outcome


def _live(environ: dict[str, str], moment: str, life: int, plan: Plan, dice: random.Random) -> bool:
    """Start the process, see it killed, and return whether that was at the chosen moment."""
    # There are several batches in a life, but one joining.
    countdown = dice.randint(1, 3) if moment in (SYNCED, RENAMED) else 1
    words = [moment, str(countdown), str(life), str(plan.lines_a_batch)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.ingest.kill_child", *words],
        cwd=PROJECT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        try:
            process.communicate(timeout=dice.uniform(0.1, 4.0) if moment == RANDOM else _MOST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return moment == RANDOM
        assert process.returncode == -9
        return True


def _produce(broker: Broker, topic: str, first: int, lines: int) -> None:
    for partition in range(PARTITIONS):
        numbers = (number for number in range(first, first + lines) if number % PARTITIONS == partition)
        broker.produce(topic, map(_line, numbers), partition)


def _line(number: int) -> bytes:
    line = rating_line(number)
    return line.replace(b"GET /rate", b"GXET /rate") if number % _DAMAGED_EVERY == 7 else line


def _places(path: Path) -> list[tuple[int, int]]:
    table = pq.read_table(path, columns=["partition", "offset"])
    return list(zip(table["partition"].to_pylist(), table["offset"].to_pylist(), strict=True))


def _environ(broker: Broker, topic: str, home: Path) -> dict[str, str]:
    known = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    port = str(broker.spare_port)
    return known | {
        "DATA_DIR": str(home),
        "KAFKA_BOOTSTRAP": broker.address,
        "KAFKA_TOPIC": topic,
        "INGEST_METRICS_PORT": port,
    }
