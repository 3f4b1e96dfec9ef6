#!/usr/bin/env bash
# A consumer whose topic is deleted and created again goes on in the new topic at its old offset, without an error:
# the first records of the new topic are never delivered. auto_offset_reset="none" asks for an error and gets none.
# kafka-python 3.0.12, broker apache/kafka:4.1.1 (Docker image)
# Why it matters: brokers give topics ids, and newer fetch requests carry them, so one expects an error or a reset.
# Whoever stores offsets beside data has to store the topic's id too, and to ask for it after each poll.
# Guess before the first run: an error about an unknown topic id, or a reset to offset 0; no record missed.
set -euo pipefail
folder=$(mktemp -d)
broker=finding-kafka-$$
trap 'docker rm --force "$broker" >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kafka-python==3.0.12
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
docker run --detach --name "$broker" --publish "127.0.0.1:$port:$port" \
    --env KAFKA_NODE_ID=1 --env KAFKA_PROCESS_ROLES=broker,controller \
    --env KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER --env KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093 \
    --env "KAFKA_LISTENERS=PLAINTEXT://:$port,CONTROLLER://:9093" \
    --env KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT \
    --env "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:$port" \
    --env KAFKA_AUTO_CREATE_TOPICS_ENABLE=false apache/kafka:4.1.1 >/dev/null

"$folder/venv/bin/python" - "localhost:$port" <<'PY'
import sys
import time

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

address, topic = sys.argv[1], "events"


def patiently(action):
    for _ in range(60):
        try:
            return action()
        except (KafkaError, OSError):
            time.sleep(1)
    return action()


def fill(name, count):
    producer = KafkaProducer(bootstrap_servers=address)
    for number in range(count):
        producer.send(topic, f"{name}-{number}".encode()).get(30)
    producer.close()


def read(consumer, seconds):
    values, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for records in consumer.poll(timeout_ms=500).values():
            values += [record.value.decode() for record in records]
    return values


admin = patiently(lambda: KafkaAdminClient(bootstrap_servers=address))
create = lambda: admin.create_topics([NewTopic(topic, 1, 1)])
patiently(create)
fill("old", 5)

consumer = KafkaConsumer(bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="none")
consumer.assign([TopicPartition(topic, 0)])
consumer.seek_to_beginning()
before = read(consumer, 5)

admin.delete_topics([topic])
patiently(create)
fill("new", 8)
after = read(consumer, 15)
consumer.close()
admin.close()

print("kafka-python", kafka.__version__)
print("read from the first topic: ", before)
print("read from its successor:   ", after)
expected = ["new-5", "new-6", "new-7"]
as_said = before == [f"old-{number}" for number in range(5)] and after == expected
print("as described" if as_said else f"NOT as described: expected {expected}")
sys.exit(not as_said)
PY
