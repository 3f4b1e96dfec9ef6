"""`python -m benchmarks.ingest`: how fast lines become segments, and what that costs."""

import argparse
import itertools
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.dataset.events import Rejection, parse
from auto_deployment.ingest.consumer import open_consumer
from benchmarks.report import Table, save
from benchmarks.stream_lines import stream_lines
from tests.support.ingest.home import Home, ingest_params, rating_lines
from tests.support.ingest.kafka import Broker
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener
from tests.support.systems.lab import docker_answers

KINDS = ("parser", "throughput", "stored", "memory")
NEED_DOCKER = {"throughput", "memory"}
PARSER_PER_S = 150_000
SEGMENT_TO_POLL = 0.5
MEMORY_MB = 400
PARTITIONS = 2
_STORED = (1, 10, 50)
_AROUND = 9  # batches measured from each of these on


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run over some lines took."""

    lines: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.lines / self.wall_s

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.lines * 1e6


def spend(lines: int, work: Callable[[], object]) -> Spent:
    """Run something over lines and time it, by the wall and by the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(lines, time.perf_counter() - wall, time.process_time() - cpu)


def measure_parser(table: Table, count: int) -> dict[str, Any]:
    """Parse stream-like lines on one core."""
    texts = list(stream_lines(count))

    def work() -> None:
        rejected = sum(isinstance(parse(text), Rejection) for text in texts)
        assert 0 < rejected < count / 100

    runs = [spend(count, work) for _ in range(5)]
    rate = statistics.median(1e6 / run.cpu_us for run in runs)
    table.promise("parser, lines a second of one core", rate, PARSER_PER_S)
    return {"cpu_us": [run.cpu_us for run in runs]}


def measure_throughput(table: Table, broker: Broker, count: int, rounds: int) -> dict[str, Any]:
    """Compare broker to segment with a loop that only polls the same messages; alternated, medians."""
    settings = _filled(broker, stream_lines(count))
    polls, segments = [], []
    for _ in range(rounds):
        polls.append(spend(count, lambda: _poll_only(settings, count)))
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder), settings)
            segments.append(spend(count, home.once))
    by_wall = statistics.median(one.per_s / other.per_s for one, other in zip(segments, polls, strict=True))
    by_cpu = statistics.median(other.cpu_us / one.cpu_us for one, other in zip(segments, polls, strict=True))
    table.promise("poll only, lines/s", statistics.median(run.per_s for run in polls), None)
    table.promise("broker to segment, lines/s", statistics.median(run.per_s for run in segments), None)
    table.promise("broker to segment / poll only, by the wall", by_wall, SEGMENT_TO_POLL)
    table.promise("broker to segment / poll only, by the processor", by_cpu, SEGMENT_TO_POLL)
    table.promise("poll only, us of processor a line", statistics.median(run.cpu_us for run in polls), None)
    table.promise("broker to segment, us a line", statistics.median(run.cpu_us for run in segments), None)
    return {"poll_per_s": [run.per_s for run in polls], "segment_per_s": [run.per_s for run in segments]}


def measure_stored(table: Table, batch: int) -> dict[str, Any]:
    """Show what a batch costs one process beside 1, 10 and 50 times as much stored data."""
    texts = rating_lines(0, batch)
    polls = (lines(i * batch, texts) for i in itertools.count())
    with tempfile.TemporaryDirectory() as folder:
        stream = FakeStream(itertools.chain([begin()], polls))
        listener = make_listener(Path(folder), stream, ingest_params(max_lines=batch))
        never = threading.Event()
        listener.step(never)
        runs = [spend(batch, lambda: listener.step(never)).cpu_us for _ in range(_STORED[-1] + _AROUND)]
    costs = {times: statistics.median(runs[times : times + _AROUND]) for times in _STORED}
    for times, cost in costs.items():
        table.promise(f"batch beside {times}x stored data, us of processor a line", cost, None)
    table.promise("batch at 50x / at 1x", costs[50] / costs[1], 1.2, at_most=True)
    return {"cpu_us": costs}


def measure_memory(table: Table, broker: Broker, count: int) -> dict[str, Any]:
    """Let many lines flow through one process with the shipped limits; show its largest size."""
    settings = _filled(broker, stream_lines(count))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), settings)
        process = home.start("--once")
        _, usage = process.wait(), resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.stderr:
            process.stderr.close()
        rows = sum(segment.meta.counts["watch"] for segment in home.segments())
    table.promise(f"largest memory over {count} lines, MB", usage.ru_maxrss / 1024, MEMORY_MB, at_most=True)
    return {"max_rss_mb": usage.ru_maxrss / 1024, "watch_lines": rows}


def _filled(broker: Broker, texts: Iterable[bytes]) -> KafkaSettings:
    settings = broker.settings(broker.create_topic(partitions=PARTITIONS))
    broker.produce_spread(settings.topic, texts, PARTITIONS)
    return settings


def _poll_only(settings: KafkaSettings, count: int) -> None:
    consumer = open_consumer(settings)
    try:
        partitions = [TopicPartition(settings.topic, p) for p in range(PARTITIONS)]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        found = 0
        while found < count:
            found += sum(map(len, consumer.poll(500).values()))
    finally:
        consumer.close()


def main() -> int:
    """Measure what is asked for; return 1 when a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all but memory)"
    )
    parser.add_argument("--lines", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-lines", type=int, default=5_000_000)
    args = parser.parse_args()
    kinds = [kind for kind in KINDS if kind in (args.kinds or KINDS[:3])]
    if not docker_answers():
        sys.stdout.write("no Docker engine answers: what needs a broker is left out\n")
        kinds = [kind for kind in kinds if kind not in NEED_DOCKER]
    with _broker() if NEED_DOCKER & set(kinds) else nullcontext(Broker()) as broker:
        return 0 if all([_measure(kind, args, broker) for kind in kinds]) else 1


def _measure(kind: str, args: argparse.Namespace, broker: Broker) -> bool:
    table = Table()
    table.title(f"ingest: {kind}")
    if kind == "parser":
        results = measure_parser(table, args.lines)
    elif kind == "throughput":
        results = measure_throughput(table, broker, args.lines, args.rounds)
    elif kind == "stored":
        results = measure_stored(table, args.lines // 10)
    else:
        results = measure_memory(table, broker, args.memory_lines)
    save(f"ingest_{kind}", {"promises": table.promises, **results})
    return table.all_kept


@contextmanager
def _broker() -> Iterator[Broker]:
    broker = Broker()
    try:
        broker.create()
        yield broker
    finally:
        broker.remove()


if __name__ == "__main__":
    sys.exit(main())
