"""Running `ingest` in tests, and looking at what it left."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from auto_deployment.config import Settings
from auto_deployment.config.addresses import IngestAddresses
from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.dataset.segments import Segment, list_segments, segment_paths
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.process import ListenOptions, listen
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

BEGIN = datetime(2026, 8, 27, 10, tzinfo=UTC)


def ingest_params(**batch: int) -> IngestParams:
    """Give the shipped parameters with other limits for batches, and short waits."""
    params = load_params(PROJECT / "params.yaml").ingest
    return replace(params, batch=replace(params.batch, **batch), retry_write_s=0.05)


def rating_line(number: int) -> bytes:
    """Give a rating line that no other number has; each becomes a row of its own."""
    time = BEGIN + timedelta(seconds=number // 1000)
    user_id, rating = number % 999_983 + 1, number % 5 + 1
    return f"{time:%Y-%m-%dT%H:%M:%S},{user_id},GET /rate/movie+{number % 20_000}+1999={rating}".encode()


def rating_lines(first: int, after: int) -> list[bytes]:
    return [rating_line(number) for number in range(first, after)]


@dataclass
class Home:
    """A data directory, the stream that goes into it, and what a user of `ingest` does."""

    root: Path
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    params: IngestParams = field(default_factory=ingest_params)
    metrics_port: int = field(default_factory=free_port)
    errors: list[BaseException] = field(default_factory=list)
    rating_scale: tuple[float, float] = (1.0, 5.0)

    @property
    def paths(self) -> Paths:
        return Paths(self.root)

    @property
    def settings(self) -> Settings:
        return replace(
            Settings.from_env({"DATA_DIR": str(self.root)}),
            kafka=self.kafka,
            rating_scale=self.rating_scale,
            ingest=IngestAddresses(metrics_port=self.metrics_port),
        )

    def once(self, **request: Any) -> None:
        """Read what is there."""
        listen(self.settings, self.params, ListenOptions(once=True, **request), threading.Event())

    @contextmanager
    def listening(self) -> Iterator[threading.Event]:
        """Listen in another thread until the block ends; what ends it early is in `errors`."""
        stop = threading.Event()

        def work() -> None:
            try:
                listen(self.settings, self.params, ListenOptions(), stop)
            except Exception as error:
                self.errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "auto_deployment", "ingest", *words],
            cwd=PROJECT,
            env=self.environ(),
            stderr=subprocess.PIPE,
        )

    def environ(self) -> dict[str, str]:
        return {
            "DATA_DIR": str(self.root),
            "KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "KAFKA_TOPIC": self.kafka.topic,
            "INGEST_METRICS_PORT": str(self.metrics_port),
            "PATH": "/usr/bin:/bin",
        }

    def get(self, path: str) -> str:
        """Ask the port for metrics and health."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def status(self, path: str) -> int:
        """Return the status of an answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def health(self) -> dict[str, Any]:
        """Return what the process says about its health; nothing is wrong before it says anything."""
        try:
            found: dict[str, Any] = json.loads(self.get("/health/live"))
        except OSError:
            return {"trouble": "", "stale": False, "alive": False}
        return found

    def metric(self, name: str) -> float:
        """Return one series, 0 while nobody answers or it is not there."""
        try:
            text = self.get("/metrics")
        except OSError:
            return 0.0
        values = [
            line.split()[-1] for line in text.splitlines() if line.startswith(f"marquee_ingest_{name} ")
        ]
        return float(values[0]) if values else 0.0

    def wait_for_lines(self, total: int, kind: str = "rating") -> None:
        """Wait until so many lines were taken in, whether or not they are in a segment."""
        eventually(lambda: self.errors or self.metric(f'lines_total{{kind="{kind}"}}') >= total)

    def segments(self) -> list[Segment]:
        return list_segments(self.paths.segments)

    def rows(self) -> list[dict[str, Any]]:
        """Return the raw rows of all segments, before any repetition is absorbed."""
        return [row for path in segment_paths(self.paths.segments) for row in pq.read_table(path).to_pylist()]

    def positions(self) -> list[tuple[int, int]]:
        """Return where the rating rows stood in the broker, sorted, as often as they are there."""
        return sorted((row["partition"], row["offset"]) for row in self.rows() if row["kind"] == "rating")

    def rejected(self) -> list[dict[str, Any]]:
        """Return the rows of all quarantine files."""
        return [
            row
            for path in sorted(self.paths.quarantine.glob("*.parquet"))
            for row in pq.read_table(path).to_pylist()
        ]

    def lost(self) -> list[Mapping[str, Any]]:
        return [segment.meta.source["lost"] for segment in self.segments() if "lost" in segment.meta.source]


def places(partition: int, offsets: Iterable[int]) -> list[tuple[int, int]]:
    return [(partition, offset) for offset in offsets]


def file_names(directory: Path) -> set[str]:
    """Return everything in a folder, temporaries too."""
    return {path.name for path in directory.iterdir()} if directory.exists() else set()
