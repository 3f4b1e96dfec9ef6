"""What goes wrong around the process that listens, and that each line is there once all the same."""

import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from auto_deployment.host.locks import BusyError
from tests.support.ingest.home import Home, file_names, ingest_params, places, rating_lines
from tests.support.ingest.kafka import LEAKY_CLIENT, Broker
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]


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
