"""A broker that is away, hangs, restarts or refuses us: each line is there once all the same."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from auto_deployment.ingest.consumer import BrokerRefusedError
from auto_deployment.ingest.positions import StreamChangedError
from auto_deployment.ingest.process import ListenOptions, NothingReadError, listen
from tests.support.ingest.home import Home, file_names, places, rating_lines
from tests.support.ingest.kafka import HASTY, LEAKY_CLIENT, Broker
from tests.support.ports import free_port
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]


@pytest.fixture(scope="module")
def other() -> Iterator[Broker]:
    """Give a second broker, of another cluster, that nobody has started."""
    require_docker()
    broker = Broker(cluster_id="MkU3OEVBNTcwNTJENDM2Qk")
    try:
        yield broker
    finally:
        broker.remove()


@pytest.fixture
def absent_broker(other: Broker) -> Broker:
    if other.is_there:
        other.remove()
    return other


@pytest.fixture
def other_broker(other: Broker) -> Broker:
    if not other.is_there:
        other.create()
    return other


def test_a_broker_and_a_topic_that_come_late_are_waited_for(absent_broker: Broker, home: Home) -> None:
    home.kafka = replace(absent_broker.settings("late"), timeouts=HASTY)
    with home.listening():
        eventually(lambda: "does not answer" in home.health()["trouble"])
        absent_broker.create()
        eventually(lambda: "late does not exist" in home.health()["trouble"])
        absent_broker.create_topic("late")
        absent_broker.produce("late", rating_lines(0, 5))
        home.wait_for_lines(5)
        assert home.metric("connected") == 1
    assert home.errors == []
    assert home.positions() == places(0, range(5))


def test_reading_once_gives_up_when_nobody_answers(home: Home) -> None:
    home.kafka = replace(home.kafka, bootstrap=f"127.0.0.1:{free_port()}", timeouts=HASTY)
    with pytest.raises(NothingReadError, match="the broker does not answer"):
        listen(home.settings, home.params, ListenOptions(minutes=0.01), threading.Event())
    assert file_names(home.paths.segments) == set()


def test_a_broker_that_hangs_for_long_costs_nothing(broker: Broker, stream: Home) -> None:
    stream.kafka = replace(stream.kafka, timeouts=HASTY)
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 10))
        stream.wait_for_lines(10)
        broker.pause()
        try:
            # Longer than any answer is waited for, again and again: with what is shipped, a minute.
            assert not threading.Event().wait(6 * HASTY.answer_s)
            assert stream.health()["alive"]
            assert "does not answer" in stream.health()["trouble"]
        finally:
            broker.unpause()
        broker.produce(stream.kafka.topic, rating_lines(10, 20))
        stream.wait_for_lines(20)
    assert stream.errors == []
    assert stream.positions() == places(0, range(20))


def test_a_broker_that_restarts_costs_nothing(broker: Broker, stream: Home) -> None:
    stream.kafka = replace(stream.kafka, timeouts=HASTY)
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 10))
        stream.wait_for_lines(10)
        broker.stop()
        broker.start()
        broker.produce(stream.kafka.topic, rating_lines(10, 20))
        stream.wait_for_lines(20)
    assert stream.errors == []
    assert stream.positions() == places(0, range(20))


def test_another_cluster_under_the_same_name_is_refused(
    broker: Broker, other_broker: Broker, stream: Home
) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 5))
    stream.once()
    other_broker.create_topic(stream.kafka.topic)
    other_broker.produce(stream.kafka.topic, rating_lines(5, 15))
    stream.kafka = other_broker.settings(stream.kafka.topic)
    with pytest.raises(StreamChangedError):
        stream.once()
    assert stream.positions() == places(0, range(5))


def test_a_wrong_password_ends_with_a_sentence(broker: Broker, stream: Home) -> None:
    stream.kafka = replace(
        stream.kafka,
        bootstrap=f"127.0.0.1:{broker.secure_port}",
        protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="marquee",
        sasl_password="wrong",
        ssl_cafile=f"{broker.certificates}/ca.pem",
        timeouts=HASTY,
    )
    with pytest.raises(BrokerRefusedError, match="check KAFKA_"):
        stream.once()
