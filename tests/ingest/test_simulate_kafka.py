"""The simulator's stream through a real broker."""

from dataclasses import replace
from functools import partial

import pytest

from auto_deployment.cli import main
from auto_deployment.config.kafka import KafkaSettings
from tests.support.ingest.home import Home
from tests.support.ingest.kafka import HASTY, LEAKY_CLIENT, Broker
from tests.support.ports import free_port

pytestmark = [pytest.mark.lab, LEAKY_CLIENT]

LINES = 3000


def test_simulated_lines_are_taken_from_the_broker(
    broker: Broker, stream: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stream.environ().items():
        monkeypatch.setenv(name, value)
    options = ["--users", "60", "--movies", "50", "--days", "9", "--lines", str(LINES)]
    options += ["--damage", "tombstone=0.01"]
    assert main(["simulate", "--kafka", *options]) == 0
    assert main(["ingest", "--once"]) == 0
    (segment,) = stream.segments()
    counts = segment.meta.counts
    assert sum(counts[kind] for kind in ("watch", "rating", "recommendation", "account", "rejected")) == LINES
    assert counts["watch"] > LINES / 2
    assert segment.meta.rejected_by_reason["tombstone"] > 0


def test_a_broker_that_is_not_there_is_one_sentence(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("auto_deployment.config.kafka.KafkaSettings", partial(KafkaSettings, timeouts=HASTY))
    home.kafka = replace(home.kafka, bootstrap=f"127.0.0.1:{free_port()}")
    for name, value in home.environ().items():
        monkeypatch.setenv(name, value)
    assert main(["simulate", "--kafka", "--users", "5", "--movies", "50", "--days", "1"]) == 1
    assert "did not take the lines" in capsys.readouterr().err


def test_a_file_and_a_broker_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--kafka", "--out", "x"]) == 2
    assert "exclude each other" in capsys.readouterr().err
