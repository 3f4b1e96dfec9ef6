"""A stream without a broker: what it gives is written down beforehand."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auto_deployment.dataset.events import Event
from auto_deployment.ingest.after_batch import BatchContext, UsualAfterBatch
from auto_deployment.ingest.health import Health
from auto_deployment.ingest.listener import Clocks, Listener, Telemetry
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.platform.movie_ids import CatalogueReader
from auto_deployment.ingest.stream import Offsets, Polled, TextLine
from auto_deployment.paths import Paths
from tests.support.ingest.home import ingest_params

SOURCE = {"kind": "kafka", "cluster_id": "c", "topic": "t", "topic_id": "i", "generation": 0}


class FakeStream:
    """Gives the polls of a list, one after the other; exceptions in the list are raised."""

    label = "kafka-t"
    trouble = ""
    caught_up = False

    def __init__(self, polls: Iterable[Polled | Exception]) -> None:
        self._polls = iter(polls)
        self.committed: list[dict[int, int]] = []
        self.commit_answer = True

    @property
    def source(self) -> Mapping[str, Any]:
        return SOURCE

    def poll(self, timeout_s: float) -> Polled | None:
        polled = next(self._polls, None)
        if isinstance(polled, Exception):
            raise polled
        return polled

    def lag(self) -> Offsets:
        return {}

    def commit(self, offsets: Offsets) -> bool:
        self.committed.append(dict(offsets))
        return self.commit_answer

    def close(self) -> None:
        """Have nothing to give up."""


def begin(offset: int = 0, partition: int = 0) -> Polled:
    """Give the poll that says where a partition begins."""
    return Polled(next={partition: offset})


def lines(first: int, texts: Iterable[bytes], partition: int = 0) -> Polled:
    """Give a poll with lines from an offset on."""
    found = [TextLine(first + i, text) for i, text in enumerate(texts)]
    return Polled({partition: found}, {partition: first + len(found)})


def make_listener(
    root: Path,
    stream: FakeStream,
    params: IngestParams | None = None,
    steady_s: Callable[[], float] = lambda: 0.0,
    now: Callable[[], datetime] = lambda: datetime(2026, 8, 27, 12, tzinfo=UTC),
    metrics: IngestMetrics | None = None,
    heard: Callable[[Event], None] | None = None,
) -> Listener:
    """Put a loop together around a stream."""
    paths, params, metrics = Paths(root), params or ingest_params(), metrics or IngestMetrics()
    health = Health(params.stale_after_s)
    after_batch = UsualAfterBatch(
        BatchContext(paths, params, metrics, health, now), CatalogueReader(paths.catalog, None)
    )
    return Listener(
        stream, paths, params, (1, 5), Telemetry(metrics, health), after_batch, Clocks(steady_s, now), heard
    )
