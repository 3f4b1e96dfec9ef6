"""Kafka as a stream of lines.

Partitions are assigned by hand and read from where the segments end; the consumer group is written to for
display only. Whatever goes wrong, the connection is given up and made again from what was handed out last,
so there is one way back, not many.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaConfigurationError, KafkaError, LogTruncationError, UnknownTopicOrPartitionError

from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.errors import MarqueeError
from auto_deployment.ingest.kafka_client import REFUSALS, Directory, open_client
from auto_deployment.ingest.positions import Broker, Stored, StreamChangedError, StreamStart, find_start
from auto_deployment.ingest.stream import Offsets, Polled

log = logging.getLogger(__name__)

_MOST_LINES = 50_000


class BrokerRefusedError(MarqueeError):
    """The broker does not let us in; trying again would not help."""


@dataclass(frozen=True, slots=True)
class _Connection:
    directory: Directory
    consumer: Any

    def close(self) -> None:
        self.consumer.close()
        self.directory.close()


class KafkaStream:
    """The lines of one topic, so many at a time at most.

    `decide` says where to begin, once the broker was asked what it has.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        decide: Callable[[Broker], StreamStart],
        most_lines: int = _MOST_LINES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._decide = decide
        self._most_lines = min(most_lines, _MOST_LINES)
        self._clock = clock
        self._connection: _Connection | None = None
        self._source: dict[str, Any] = {}
        self._next: dict[int, int] = {}
        self._ends: Offsets = {}
        self._looked_s = 0.0
        self._trouble = ""

    @property
    def label(self) -> str:
        return f"kafka-{self._settings.topic}"

    @property
    def source(self) -> dict[str, Any]:
        return self._source

    @property
    def trouble(self) -> str:
        return self._trouble

    @property
    def caught_up(self) -> bool:
        return bool(self._source) and all(self._next[p] >= end for p, end in self._ends.items())

    def poll(self, timeout_s: float) -> Polled:
        """Return lines once it is certain that they come from the topic that was there at the beginning.

        Raises `StreamChangedError`, and `BrokerRefusedError` when trying again would not help.
        """
        try:
            polled = self._fetch(self._connection, timeout_s) if self._connection else self._connect()
        except REFUSALS as error:
            raise BrokerRefusedError(f"The broker refuses us ({error}): check KAFKA_*.") from error
        except KafkaConfigurationError as error:
            raise BrokerRefusedError(f"KAFKA_* do not fit together: {error}.") from error
        except LogTruncationError as error:
            raise StreamChangedError(
                f"The broker has lost lines of {self._settings.topic} that were read ({error}): start again, "
                "and follow what is said then."
            ) from error
        except KafkaError as error:
            self._give_up(error, timeout_s)
            return Polled()
        self._trouble = ""
        return polled

    def lag(self) -> Offsets:
        if self._connection is None:
            return {}
        marks = {p: self._connection.consumer.highwater(self._partition(p)) for p in self._next}
        return {p: max(mark - self._next[p], 0) for p, mark in marks.items() if mark is not None}

    def commit(self, offsets: Offsets) -> bool:
        return self._connection is not None and self._connection.directory.commit(offsets)

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _connect(self) -> Polled:
        directory = Directory(self._settings)
        try:
            topic_id, partitions = directory.describe()
            consumer = open_consumer(self._settings, self._most_lines)
        except KafkaError:
            directory.close()
            raise
        self._connection = connection = _Connection(directory, consumer)
        start = self._start(self._ask(connection, topic_id, partitions))
        self._assign(connection, start.offsets)
        self._looked_s = self._clock()
        log.info("Reading %s from %s", self._settings.topic, dict(start.offsets))
        return Polled(next=dict(self._next), lost=start.lost)

    def _start(self, broker: Broker) -> StreamStart:
        if self._source:
            # Connected again: what was handed out counts, stored or not.
            ranges = {partition: (0, after) for partition, after in self._next.items()}
            return find_start([Stored("this run", self._source, ranges)], broker)
        start = self._decide(broker)
        self._ends = broker.ends
        self._source = {
            "kind": "kafka",
            "cluster_id": broker.cluster_id,
            "topic": broker.topic,
            "topic_id": broker.topic_id,
            "generation": start.generation,
        }
        return start

    def _ask(self, connection: _Connection, topic_id: str | None, partitions: set[int]) -> Broker:
        directory = connection.directory
        return Broker(
            directory.cluster_id(),
            self._settings.topic,
            topic_id,
            directory.beginnings(partitions),
            directory.ends(partitions),
        )

    def _assign(self, connection: _Connection, offsets: Offsets) -> None:
        """Read these partitions from these offsets; those that are being read go on where they are."""
        self._next |= offsets
        connection.consumer.assign([self._partition(p) for p in sorted(self._next)])
        for partition, offset in offsets.items():
            connection.consumer.seek(self._partition(partition), offset)

    def _fetch(self, connection: _Connection, timeout_s: float) -> Polled:
        consumer = connection.consumer
        fetched = consumer.poll(int(timeout_s * 1000))
        reached = {p: consumer.position(self._partition(p), timeout_ms=0) for p in self._next}
        # The question comes after the fetch: a topic that has its old id now had it when the lines were
        # fetched, because ids do not return.
        if fetched or self._clock() - self._looked_s > self._settings.timeouts.look_s:
            self._look(connection)
        self._next |= {p: offset for p, offset in reached.items() if offset is not None}
        return Polled(
            {partition.partition: records for partition, records in fetched.items()}, dict(self._next)
        )

    def _look(self, connection: _Connection) -> None:
        """Make sure that the topic is still the same, and take up partitions that were added."""
        topic_id, partitions = connection.directory.describe()
        new = partitions - self._next.keys()
        if new or topic_id is None or topic_id != self._source["topic_id"]:
            broker = self._ask(connection, topic_id, partitions)
            self._start(broker)
            self._assign(connection, {p: broker.beginnings[p] for p in new})
        self._looked_s = self._clock()

    def _give_up(self, error: KafkaError, timeout_s: float) -> None:
        absent = isinstance(error, UnknownTopicOrPartitionError)
        trouble = (
            f"topic {self._settings.topic} does not exist"
            if absent
            else f"the broker does not answer ({error})"
        )
        if trouble != self._trouble:
            log.warning("Waiting: %s", trouble)
        self._trouble = trouble
        self.close()
        time.sleep(min(timeout_s, 1.0))

    def _partition(self, number: int) -> Any:
        return TopicPartition(self._settings.topic, number)


def open_consumer(settings: KafkaSettings, most_lines: int = _MOST_LINES) -> Any:
    """Open the client as this module uses it; it has no partitions yet."""
    return open_client(
        KafkaConsumer,
        settings,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        metrics_enabled=False,
        # Few large fetches: each is followed by a question to the broker.
        fetch_min_bytes=1 << 16,
        fetch_max_bytes=16 << 20,
        max_poll_records=most_lines,
    )
