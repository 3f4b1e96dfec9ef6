"""What goes wrong around a broker, and that each line is there once all the same."""

import logging
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from auto_deployment.host.locks import BusyError
from auto_deployment.ingest.consumer import BrokerRefusedError, KafkaStream
from auto_deployment.ingest.listening.positions import StreamChangedError, find_start
from auto_deployment.ingest.listening.process import NothingReadError, Request, listen
from tests.support.ingest import Home, file_names, ingest_params, places, rating_lines
from tests.support.kafka import LEAKY_CLIENT, Broker
from tests.support.ports import free_port
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]


@pytest.fixture
def passing_broker() -> Iterator[Broker]:
    """Give a second broker, of another cluster, that a test may do anything to."""
    require_docker()
    broker = Broker(cluster_id="MkU3OEVBNTcwNTJENDM2Qk")
    try:
        yield broker
    finally:
        broker.remove()


def test_a_broker_and_a_topic_that_come_late_are_waited_for(passing_broker: Broker, home: Home) -> None:
    home.kafka = passing_broker.settings("late")
    with home.listening():
        eventually(lambda: "does not answer" in home.health()["trouble"])
        passing_broker.create()
        eventually(lambda: "late does not exist" in home.health()["trouble"])
        passing_broker.create_topic("late")
        passing_broker.produce("late", rating_lines(0, 5))
        home.wait_for_lines(5)
        assert home.metric("connected") == 1
    assert home.errors == []
    assert home.positions() == places(0, range(5))


def test_reading_once_gives_up_when_nobody_answers(home: Home) -> None:
    home.kafka = replace(home.kafka, bootstrap=f"127.0.0.1:{free_port()}")
    with pytest.raises(NothingReadError, match="the broker does not answer"):
        listen(home.settings, home.params, Request(minutes=0.01), threading.Event())
    assert file_names(home.paths.segments) == set()


@pytest.mark.slow
def test_a_broker_that_hangs_for_a_minute_costs_nothing(broker: Broker, stream: Home) -> None:
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 10))
        stream.wait_for_lines(10)
        broker.pause()
        try:
            # A minute by the clock is what is tested here.
            assert not threading.Event().wait(60)
            assert stream.health()["alive"]
            assert "does not answer" in stream.health()["trouble"]
        finally:
            broker.unpause()
        broker.produce(stream.kafka.topic, rating_lines(10, 20))
        stream.wait_for_lines(20)
    assert stream.errors == []
    assert stream.positions() == places(0, range(20))


@pytest.mark.slow
def test_a_broker_that_restarts_costs_nothing(broker: Broker, stream: Home) -> None:
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 10))
        stream.wait_for_lines(10)
        broker.stop()
        broker.start()
        broker.produce(stream.kafka.topic, rating_lines(10, 20))
        stream.wait_for_lines(20)
    assert stream.errors == []
    assert stream.positions() == places(0, range(20))


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


def test_another_cluster_under_the_same_name_is_refused(
    broker: Broker, passing_broker: Broker, stream: Home
) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 5))
    stream.once()
    passing_broker.create()
    passing_broker.create_topic(stream.kafka.topic)
    passing_broker.produce(stream.kafka.topic, rating_lines(5, 15))
    stream.kafka = passing_broker.settings(stream.kafka.topic)
    with pytest.raises(StreamChangedError):
        stream.once()
    assert stream.positions() == places(0, range(5))


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


def test_a_wrong_password_ends_with_a_sentence(broker: Broker, stream: Home) -> None:
    stream.kafka = replace(
        stream.kafka,
        bootstrap=f"127.0.0.1:{broker.secure_port}",
        protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="marquee",
        sasl_password="wrong",
        ssl_cafile=f"{broker.certificates}/ca.pem",
    )
    with pytest.raises(BrokerRefusedError, match="check KAFKA_"):
        stream.once()


def test_a_second_process_on_the_same_data_is_refused(broker: Broker, stream: Home) -> None:
    with stream.listening():
        eventually(lambda: stream.metric("connected"))
        with pytest.raises(BusyError, match=f"Ingest already runs on .*process {os.getpid()}"):
            stream.once()


def test_sigterm_closes_the_open_segment(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, rating_lines(0, 30))
    process = stream.start()
    try:
        stream.wait_for_lines(30)
        assert stream.positions() == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    assert stream.positions() == places(0, range(30))


def test_ending_with_a_disk_that_takes_nothing_loses_nothing(broker: Broker, stream: Home) -> None:
    broker.produce(stream.kafka.topic, [b"nonsense", *rating_lines(1, 3000)])
    process = stream.start()
    try:
        stream.wait_for_lines(2999)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, hard))
        process.send_signal(signal.SIGTERM)
        assert "3000 lines could not be written" in process.communicate(timeout=60)[1].decode()
        assert process.returncode == 1
    finally:
        process.kill()
        process.communicate()
    assert file_names(stream.paths.segments) == file_names(stream.paths.quarantine) == set()
    stream.once()
    assert stream.positions() == places(0, range(1, 3000))
    assert [row["offset"] for row in stream.rejected()] == [0]


def test_a_full_disk_is_written_to_again_when_there_is_room(
    broker: Broker, stream: Home, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "300k"):
        filling = disk / "filling"
        filling.write_bytes(b"x" * (280 << 10))
        stream.root, stream.params = disk / "data", ingest_params(max_lines=5000)
        broker.produce(stream.kafka.topic, [b"nonsense", *rating_lines(1, 5000)])
        with stream.listening():
            eventually(lambda: stream.metric("write_failures_total") >= 2)
            # Of an attempt that is under way there may be a temporary.
            shown = [*stream.paths.segments.glob("*.parquet"), *stream.paths.quarantine.glob("*.parquet")]
            assert shown == []
            assert stream.health()["alive"]
            filling.unlink()
            eventually(lambda: stream.metric("segments_total") == 1)
        assert stream.errors == []
        assert not [*stream.paths.segments.glob(".*.tmp"), *stream.paths.quarantine.glob(".*.tmp")]
        assert stream.positions() == places(0, range(1, 5000))
        assert [row["offset"] for row in stream.rejected()] == [0]


def test_health_and_metrics_show_a_stream_that_has_dried_up(broker: Broker, stream: Home) -> None:
    stream.params = replace(ingest_params(), stale_after_s=0.5)
    with stream.listening():
        broker.produce(stream.kafka.topic, rating_lines(0, 3))
        stream.wait_for_lines(3)
        eventually(lambda: stream.health()["stale"])
        assert stream.health()["alive"]
        assert stream.status("/health/live") == 200
        assert stream.status("/health/fresh") == 503
        assert stream.metric("last_line_age_seconds") > 0.4
        assert stream.metric('lag_lines{partition="0"}') == 0
        assert stream.metric('position{partition="0"}') == 3


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """Mount a disk of so many bytes; skip where that is not allowed."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs more rights than this process has")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def recreate(broker: Broker, topic: str) -> None:
    broker.delete_topic(topic)
    broker.create_topic(topic)
