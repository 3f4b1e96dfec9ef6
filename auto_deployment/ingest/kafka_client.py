"""Questions to the broker that are not for lines, and how its clients are opened."""

import logging
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    KafkaTimeoutError,
    NoError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
    for_code,
)
from kafka.net.compat import KafkaNetClient
from kafka.protocol.consumer import IsolationLevel, OffsetSpec
from kafka.structs import OffsetAndMetadata

from auto_deployment.config.kafka import KafkaSettings
from auto_deployment.ingest.stream import Offsets

log = logging.getLogger(__name__)

REFUSALS = (AuthorizationError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError)
_COMMIT_ATTEMPTS = 5
_COMMIT_PAUSE_S = 0.2
_TELLS_WHY = "kafka.net.manager"
_NO_ID = str(UUID(int=0))


class Directory:
    """What the broker says about one topic, and what it is told for display. Raises `KafkaError`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = open_client(KafkaAdminClient, settings)

    def describe(self) -> tuple[str | None, set[int]]:
        """Return the id of the topic, `None` before Kafka 2.8, and its partitions."""
        (topic,) = self._admin.describe_topics([self._settings.topic])
        error = for_code(topic["error_code"])
        if error is not NoError:
            raise error(self._settings.topic)
        topic_id = topic.get("topic_id")
        known = None if topic_id in (None, _NO_ID) else str(topic_id)
        return known, {partition["partition_index"] for partition in topic["partitions"]}

    def cluster_id(self) -> str | None:
        cluster_id: str | None = self._admin.describe_cluster()["cluster_id"]
        return cluster_id

    def beginnings(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return the first offset that there is in each partition."""
        return self._offsets(partitions, OffsetSpec.EARLIEST)

    def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset that comes next in each partition, open transactions aside."""
        return self._offsets(partitions, OffsetSpec.LATEST)

    def commit(self, offsets: Offsets) -> bool:
        """Tell the group how far we are; return whether the broker took it. The group needs no member."""
        wanted = {
            TopicPartition(self._settings.topic, p): OffsetAndMetadata(offset)
            for p, offset in offsets.items()
        }
        for left in reversed(range(_COMMIT_ATTEMPTS)):
            try:
                answers = self._admin.alter_group_offsets(self._settings.group, wanted)
                return all(answer is NoError for answer in answers.values())
            except KafkaError as error:
                # A broker that has never had a group needs a moment for its first.
                if not (left and error.retriable):
                    log.warning("The group %s was not told how far we are: %s", self._settings.group, error)
                    break
            time.sleep(_COMMIT_PAUSE_S)
        return False

    def close(self) -> None:
        self._admin.close()

    def _offsets(self, partitions: Iterable[int], which: OffsetSpec) -> dict[int, int]:
        # The consumer has this question too, but leaves out partitions that it has not heard of yet.
        found = self._admin.list_partition_offsets(
            {TopicPartition(self._settings.topic, p): which for p in partitions},
            IsolationLevel.READ_COMMITTED,
        )
        return {partition.partition: answer.offset for partition, answer in found.items()}


class _Heard(logging.Handler):
    """Keeps the most telling error that the library logs: all that it raises is that it had no time left."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.error: KafkaError | None = None

    def emit(self, record: logging.LogRecord) -> None:
        for part in record.args if isinstance(record.args, tuple) else ():
            tells = isinstance(part, KafkaError) and not isinstance(part, KafkaTimeoutError)
            if tells and not isinstance(self.error, REFUSALS):
                self.error = part


def open_client(kind: Any, settings: KafkaSettings, **options: Any) -> Any:
    """Make a client of the library; raise `KafkaError` that says why it could not connect.

    One that fails to connect leaves a thread and sockets behind unless its insides are closed.
    """
    opened: list[Any] = []
    heard = _Heard()
    answer_ms = round(settings.timeouts.answer_s * 1000)

    def remember(**configs: Any) -> Any:
        opened.append(KafkaNetClient(**configs))
        return opened[-1]

    logging.getLogger(_TELLS_WHY).addHandler(heard)
    try:
        return kind(
            kafka_client=remember,
            client_id="marquee-ingest",
            request_timeout_ms=answer_ms,
            bootstrap_timeout_ms=answer_ms,
            reconnect_backoff_max_ms=round(settings.timeouts.reconnect_max_s * 1000),
            **settings.client_options(),
            **options,
        )
    except KafkaError as error:
        for client in opened:
            client.close()
        if heard.error:
            raise heard.error from error
        raise
    finally:
        logging.getLogger(_TELLS_WHY).removeHandler(heard)
