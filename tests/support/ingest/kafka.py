"""A real broker in a container, and what tests do to it."""

import itertools
import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from auto_deployment.config.kafka import KafkaSettings, KafkaTimeouts
from tests.support.ports import free_port
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

IMAGE = "apache/kafka:4.1.1"
USER, PASSWORD = "marquee", "correct horse"

# A tenth of what is shipped, for what does not answer.
HASTY = KafkaTimeouts(answer_s=1.0, reconnect_max_s=0.2, look_s=1.0)

# kafka-python leaves a socket to the garbage collector when it cannot connect.
LEAKY_CLIENT = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

_numbers = itertools.count()


class Broker:
    """One broker on ports of its own; with certificates also one that is encrypted and wants a password."""

    def __init__(self, certificates: Path | None = None, cluster_id: str = "") -> None:
        self.port, self.secure_port, self.spare_port = free_port(), free_port(), free_port()
        self._name = f"marquee-test-kafka-{os.getpid()}-{next(_numbers)}"
        self.certificates = certificates
        self._cluster_id = cluster_id
        self.is_there = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def settings(self, topic: str) -> KafkaSettings:
        return KafkaSettings(bootstrap=self.address, topic=topic)

    def create(self) -> None:
        """Start a broker that has nothing."""
        ports = [f"--publish=127.0.0.1:{port}:{port}" for port in (self.port, self.secure_port)]
        volume = [f"--volume={self.certificates}:/certificates:ro"] if self.certificates else []
        variables = [f"--env={name}={value}" for name, value in self._variables().items()]
        label = ["--label=marquee-test", f"--name={self._name}"]
        docker("run", "--detach", *label, *ports, *volume, *variables, IMAGE)
        self.is_there = True
        self.wait()

    def remove(self) -> None:
        docker("rm", "--force", "--volumes", self._name)
        self.is_there = False

    def stop(self) -> None:
        """End it like a machine that loses power; its disk stays."""
        docker("kill", self._name)

    def start(self) -> None:
        docker("start", self._name)
        self.wait()

    def pause(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        docker("pause", self._name)

    def unpause(self) -> None:
        docker("unpause", self._name)

    def wait(self) -> None:
        eventually(self._answers, 120)

    def admin(self) -> Any:
        return KafkaAdminClient(bootstrap_servers=self.address, bootstrap_timeout_ms=5_000)

    def create_topic(
        self, topic: str | None = None, partitions: int = 1, configs: Mapping[str, str] | None = None
    ) -> str:
        """Make a topic, by default one with a new name, and return its name."""
        topic = topic or f"movielog{next(_numbers)}"
        wanted = {"num_partitions": partitions, "replication_factor": 1, "configs": dict(configs or {})}
        with self.admin() as admin:
            admin.create_topics({topic: wanted}, wait_for_metadata=True)
        return topic

    def delete_topic(self, topic: str) -> None:
        with self.admin() as admin:
            admin.delete_topics([topic])
            eventually(lambda: topic not in admin.list_topics())

    def add_partitions(self, topic: str, total: int) -> None:
        with self.admin() as admin:
            admin.create_partitions({topic: total})
            eventually(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == total)

    def remove_before(self, topic: str, offset: int, partition: int = 0) -> None:
        """Do what retention does."""
        with self.admin() as admin:
            admin.delete_records({TopicPartition(topic, partition): offset})

    def committed(self, group: str) -> dict[int, int]:
        with self.admin() as admin:
            found = admin.list_group_offsets({group: None})[group]
        return {partition.partition: offset.offset for partition, offset in found.items()}

    def produce(self, topic: str, lines: Iterable[bytes | None], partition: int = 0, **options: Any) -> None:
        """Send lines in order, and return once the broker has them all."""
        with KafkaProducer(
            bootstrap_servers=self.address, linger_ms=20, batch_size=1 << 17, **options
        ) as producer:
            sent = [
                producer.send(topic, line, key=b"" if line is None else None, partition=partition)
                for line in lines
            ]
            producer.flush(60)
            assert all(future.succeeded() for future in sent)

    def produce_spread(self, topic: str, lines: Iterable[bytes], partitions: int) -> None:
        """Send many lines, one partition after the other in turn."""
        failures: list[Exception] = []
        with KafkaProducer(bootstrap_servers=self.address, linger_ms=50, batch_size=1 << 18) as producer:
            for number, line in enumerate(lines):
                producer.send(topic, line, partition=number % partitions).add_errback(failures.append)
            producer.flush(600)
        assert not failures

    def _answers(self) -> bool:
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            with self.admin() as admin:
                return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False

    def _variables(self) -> dict[str, str]:
        listeners = {"PLAINTEXT": self.port, "CONTROLLER": 9093}
        variables = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": ",".join(
                ("PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", "SECURE:SASL_SSL")
            ),
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "1",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            # One that was killed comes back soon: its old self counts as gone after this time.
            "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2000",
            "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
            # It lives for minutes: to be there soon counts for more than to be fast.
            "KAFKA_HEAP_OPTS": "-Xms128m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
            "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC",  # in place of another collector
        }
        if self._cluster_id:
            variables["CLUSTER_ID"] = self._cluster_id
        if self.certificates:
            listeners["SECURE"] = self.secure_port
            prefix = "KAFKA_LISTENER_NAME_SECURE_"
            variables |= {
                "KAFKA_SASL_ENABLED_MECHANISMS": "PLAIN",
                f"{prefix}SSL_KEYSTORE_TYPE": "PEM",
                f"{prefix}SSL_KEYSTORE_LOCATION": "/certificates/broker.pem",
                f"{prefix}PLAIN_SASL_JAAS_CONFIG": "org.apache.kafka.common.security.plain.PlainLoginModule "
                f'required user_{USER}="{PASSWORD}";',
            }
        shown = {name: port for name, port in listeners.items() if name != "CONTROLLER"}
        variables["KAFKA_LISTENERS"] = ",".join(f"{name}://:{port}" for name, port in listeners.items())
        variables["KAFKA_ADVERTISED_LISTENERS"] = ",".join(
            f"{name}://127.0.0.1:{port}" for name, port in shown.items()
        )
        return variables
