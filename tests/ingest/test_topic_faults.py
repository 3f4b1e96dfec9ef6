"""A topic that is made anew, grows, or loses lines before they are read."""

import logging

import pytest

from auto_deployment.ingest.consumer import KafkaStream
from auto_deployment.ingest.positions import StreamChangedError, find_start
from tests.support.ingest.home import Home, file_names, places, rating_lines
from tests.support.ingest.kafka import LEAKY_CLIENT, Broker
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]


def test_a_topic_that_was_recreated_is_refused_until_that_is_accepted(broker: Broker, stream: Home) -> None:
    topic = stream.kafka.topic
    broker.produce(topic, rating_lines(0, 5))
    stream.once()
    recreate(broker, topic)
    broker.produce(topic, rating_lines(5, 12))
    before = file_names(stream.paths.segments)
    with pytest.raises(StreamChangedError, match=r"its offsets start again.*ingest --new-generation"):
        stream.once()
    assert file_names(stream.paths.segments) == before
    stream.once(new_generation={})
    stream.once()
    assert stream.positions() == sorted(places(0, range(5)) + places(0, range(7)))
    assert [segment.meta.source["generation"] for segment in stream.segments()] == [0, 1]


def test_a_topic_that_is_recreated_meanwhile_ends_the_run_with_what_came_before(
    broker: Broker, stream: Home
) -> None:
    topic = stream.kafka.topic
    with stream.listening():
        broker.produce(topic, rating_lines(0, 5))
        stream.wait_for_lines(5)
        recreate(broker, topic)
        broker.produce(topic, rating_lines(5, 25))
        eventually(lambda: stream.errors)
    assert isinstance(stream.errors[0], StreamChangedError)
    assert stream.positions() == places(0, range(5))


def test_a_topic_that_is_recreated_between_two_polls_gives_no_line_of_the_new_one(
    broker: Broker, stream: Home
) -> None:
    topic = stream.kafka.topic
    broker.produce(topic, rating_lines(0, 5))
    reading = KafkaStream(stream.kafka, lambda there: find_start([], there))
    try:
        eventually(lambda: reading.poll(1).next == {0: 5})
        recreate(broker, topic)
        broker.produce(topic, rating_lines(5, 25))
        given: list[object] = []
        with pytest.raises(StreamChangedError):
            eventually(lambda: given.extend(reading.poll(1).lines))
        assert given == []
    finally:
        reading.close()


def test_a_partition_that_is_added_is_read_from_its_beginning(broker: Broker, stream: Home) -> None:
    topic = stream.kafka.topic
    with stream.listening():
        broker.produce(topic, rating_lines(0, 5))
        stream.wait_for_lines(5)
        broker.add_partitions(topic, 2)
        broker.produce(topic, rating_lines(5, 9), partition=1)
        # What comes in makes the consumer look at its topic; without, it looks every few seconds.
        broker.produce(topic, rating_lines(9, 10))
        stream.wait_for_lines(10)
    assert stream.positions() == places(0, range(6)) + places(1, range(4))


def test_what_retention_took_before_it_was_read_is_said_and_recorded(
    broker: Broker, stream: Home, caplog: pytest.LogCaptureFixture
) -> None:
    topic = stream.kafka.topic
    broker.produce(topic, rating_lines(0, 5))
    stream.once()
    broker.produce(topic, rating_lines(5, 20))
    broker.remove_before(topic, 12)
    with caplog.at_level(logging.ERROR):
        stream.once()
    assert "Offsets 5 to 11 of partition 0 are lost: the broker removed these 7" in caplog.text
    assert stream.positions() == places(0, [*range(5), *range(12, 20)])
    assert stream.lost() == [{"0": [[5, 12]]}]
    assert stream.segments()[-1].meta.source["offsets"] == {"0": [5, 20]}


def test_retention_that_overtakes_a_running_consumer_is_noticed(broker: Broker, stream: Home) -> None:
    topic = stream.kafka.topic
    broker.produce(topic, rating_lines(0, 5))
    reading = KafkaStream(stream.kafka, lambda there: find_start([], there))
    try:
        assert reading.poll(1).next == {0: 0}
        broker.remove_before(topic, 3)
        found = eventually(lambda: reading.poll(1).lost)
        assert found == {0: (0, 3)}
        lines = eventually(lambda: reading.poll(1).lines)
        assert [line.offset for line in lines[0]] == [3, 4]
    finally:
        reading.close()


def recreate(broker: Broker, topic: str) -> None:
    broker.delete_topic(topic)
    broker.create_topic(topic)
