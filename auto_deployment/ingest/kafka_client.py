"""Questions to the broker that are not for lines, and how its clients are opened."""

import logging
from typing import Any
from uuid import UUID

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, NoError, for_code
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata

from auto_deployment.ingest.listening.stream import Offsets
from auto_deployment.kafka_settings import KafkaSettings

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_MS = 10_000
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
        """Return the id of the cluster."""
        cluster_id: str | None = self._admin.describe_cluster()["cluster_id"]
        return cluster_id

    def commit(self, offsets: Offsets) -> bool:
        """Tell the group how far we are; return whether the broker took it. The group needs no member."""
        wanted = {
            TopicPartition(self._settings.topic, p): OffsetAndMetadata(offset)
            for p, offset in offsets.items()
        }
        try:
            answers = self._admin.alter_group_offsets(self._settings.group, wanted)
        except KafkaError as error:
            log.warning("The group %s was not told how far we are: %s", self._settings.group, error)
            return False
        return all(answer is NoError for answer in answers.values())

    def close(self) -> None:
        """Give up the connection."""
        self._admin.close()


def open_client(kind: Any, settings: KafkaSettings, **options: Any) -> Any:
    """Make a client of the library.

    One that fails to connect leaves a thread and sockets behind unless its insides are closed.
    """
    opened: list[Any] = []

    def remember(**configs: Any) -> Any:
        opened.append(KafkaNetClient(**configs))
        return opened[-1]

    try:
        return kind(
            kafka_client=remember,
            client_id="marquee-ingest",
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            bootstrap_timeout_ms=REQUEST_TIMEOUT_MS,
            reconnect_backoff_max_ms=2_000,
            **settings.client_options(),
            **options,
        )
    except KafkaError:
        for client in opened:
            client.close()
        raise
