"""The stream of a real broker becomes segments."""

from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaProducer

from auto_deployment.ingest.process import ListenOptions, look
from tests.support.ingest.home import Home, ingest_params, places, rating_line, rating_lines
from tests.support.ingest.kafka import LEAKY_CLIENT, PASSWORD, USER, Broker

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]

WATCH = b"2026-08-27T10:00:01,7,GET /data/m/the+film+1999/3.mpg"
ASKED = b"2026-08-27T10:00,7,recommendation request host:8082, status 200, result: a+1999, b+2001, 12 ms"
JOINED = b"2026-08-27T10:00:02.5,7,GET /create_account"


def test_every_kind_of_line_becomes_a_row(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, [WATCH, rating_line(1), ASKED, JOINED])
    stream.once()
    assert sorted(row["kind"] for row in stream.rows()) == ["account", "rating", "recommendation", "watch"]
    (segment,) = stream.segments()
    assert segment.meta.source["offsets"] == {"0": [0, 4]}
    assert segment.meta.source["topic"] == stream.kafka.topic


def test_a_second_run_adds_nothing_and_a_third_goes_on(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 10))
    stream.once()
    stream.once()
    assert stream.positions() == places(0, range(10))
    broker.produce(stream.kafka.topic, rating_lines(10, 15))
    stream.once()
    assert stream.positions() == places(0, range(15))
    assert [segment.meta.source["offsets"] for segment in stream.segments()] == [
        {"0": [0, 10]},
        {"0": [10, 15]},
    ]


def test_all_partitions_are_read(broker: Broker, home: Home) -> None:
    home.kafka = broker.settings(broker.create_topic(partitions=3))
    for partition in range(3):
        broker.produce(home.kafka.topic, rating_lines(partition * 10, partition * 10 + 4), partition)
    home.once()
    assert home.positions() == [(p, offset) for p in range(3) for offset in range(4)]


def test_a_batch_is_closed_when_it_has_enough_lines(broker: Broker, stream: Home) -> None:
    stream.params = ingest_params(max_lines=3)
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 3))
        stream.wait_for_lines(3)
        broker.produce(stream.kafka.topic, rating_lines(3, 5))
        stream.wait_for_lines(5)
        assert stream.positions() == places(0, range(3))
    assert stream.positions() == places(0, range(5))


def test_nulls_huge_and_broken_messages_are_kept_aside(broker: Broker, home: Home) -> None:
    topic = broker.create_topic(configs={"max.message.bytes": str(6 << 20)})
    home.kafka = broker.settings(topic)
    huge = b"x" * (4 << 20)
    broker.produce(topic, [None, b"", b"\xff\xfe", huge, rating_line(1)], max_request_size=8 << 20)
    home.once()
    assert home.positions() == [(0, 4)]
    kept = {row["offset"]: (row["raw"], row["reason"]) for row in home.rejected()}
    assert kept == {
        0: (b"", "tombstone"),
        1: (b"", "empty"),
        2: (b"\xff\xfe", "encoding"),
        3: (huge, "too-long"),
    }
    assert {(row["topic"], row["partition"]) for row in home.rejected()} == {(topic, 0)}


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_messages_are_read(broker: Broker, stream: Home, codec: str) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 50), compression_type=codec)
    stream.once()
    assert stream.positions() == places(0, range(50))


def test_a_batch_of_nothing_but_rejected_lines_is_not_read_again(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, [b"nonsense"] * 3)
    stream.once()
    stream.once()
    assert len(stream.rejected()) == 3
    assert stream.segments()[0].meta.counts["rejected"] == 3


def test_what_a_transaction_took_back_is_not_read(broker: Broker, stream: Home) -> None:
    with KafkaProducer(bootstrap_servers=broker.address, transactional_id="writer") as producer:
        producer.init_transactions()
        for lines, end in ((rating_lines(0, 2), "abort"), (rating_lines(2, 4), "commit")):
            producer.begin_transaction()
            for line in lines:
                producer.send(stream.kafka.topic, line, partition=0)
            producer.flush()
            getattr(producer, f"{end}_transaction")()
    stream.once()
    # Offsets 2 and 5 are the marks of the two ends.
    assert stream.positions() == [(0, 3), (0, 4)]
    stream.once()
    assert len(stream.positions()) == 2


def test_the_group_shows_how_far_the_segments_reach(broker: Broker, stream: Home) -> None:
    stream.kafka = replace(stream.kafka, group=f"group-{stream.kafka.topic}")
    broker.produce(stream.kafka.topic, rating_lines(0, 9))
    stream.once()
    assert broker.committed(stream.kafka.group) == {0: 9}


def test_a_dry_run_tells_what_is_there_and_writes_nothing(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, [WATCH, rating_line(1), ASKED, b"nonsense", b"x,y,z"])
    profile = look(stream.settings, ListenOptions(once=True)).as_json()
    assert profile["kinds"] == {"watch": 1, "rating": 1, "recommendation": 1}
    assert profile["rejected"] == {"fields": 1, "time": 1}
    assert profile["examples"]["fields"] == ["0:3 nonsense"]
    assert not stream.root.exists()


def test_an_encrypted_broker_with_a_password_is_read(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 3))
    stream.kafka = replace(
        stream.kafka,
        bootstrap=f"127.0.0.1:{broker.secure_port}",
        protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username=USER,
        sasl_password=PASSWORD,
        ssl_cafile=str(Path(broker.certificates or "") / "ca.pem"),
    )
    stream.once()
    assert stream.positions() == places(0, range(3))
