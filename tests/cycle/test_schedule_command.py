"""`schedule` and `retrain` as a person or a container starts them."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from auto_deployment import cli
from auto_deployment.cycle.outcome import FAILED, PUBLISHED
from auto_deployment.cycle.schedule import ScheduleState, read_state, write_state
from tests.support.cycle.home import CycleHome, running_below
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

WAIT_IN_THE_PUSH = '#!/bin/sh\ntouch "$GIT_DIR/here"\nexec sleep 600\n'
Process = subprocess.Popen[str]


class Host:
    """Where the commands run, with settings for it, and what they answer."""

    def __init__(self, home: CycleHome, port: int) -> None:
        self.home, self.port = home, port
        self.started: list[Process] = []

    def start(self, *words: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-m", "auto_deployment", *words],
            cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.started.append(process)
        return process

    def due(self) -> None:
        """Let the next cycle be overdue."""
        write_state(self.home.layout.schedule, ScheduleState(datetime.now(UTC) - timedelta(days=9)))

    @property
    def state(self) -> ScheduleState:
        found = read_state(self.home.layout.schedule)
        assert found is not None
        return found

    def metric(self, series: str) -> float | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return None
        return next((float(one.split()[-1]) for one in lines if one.startswith(f"marquee_{series} ")), None)


@pytest.fixture
def host(one: CycleHome, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Give a host on which one version is published; its processes end with the test."""
    host = Host(one, free_port())
    monkeypatch.setenv("DATA_DIR", str(one.paths.root))
    monkeypatch.setenv("GIT_REMOTE", str(one.bare))
    monkeypatch.setenv("DVC_REMOTE", str(one.storage))
    monkeypatch.setenv("SCHEDULER_METRICS_PORT", str(host.port))
    before = signal.getsignal(signal.SIGTERM)
    yield host
    signal.signal(signal.SIGTERM, before)  # `retrain` listens to it in whatever process it runs
    for process in host.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_once_runs_what_is_due_and_nothing_else(host: Host, capfd: pytest.CaptureFixture[str]) -> None:
    host.due()
    host.home.arrive("second")
    status = cli.main(["schedule", "--once"])
    said = capfd.readouterr().err
    assert (status, "Step: push" in said, len(host.home.versions())) == (0, True, 2), said
    assert (host.state.last_kind, host.home.gaps()) == (PUBLISHED, [])
    assert host.state.due - datetime.now(UTC) > timedelta(hours=47)
    assert cli.main(["schedule", "--once"]) == 0
    assert "Step:" not in capfd.readouterr().err
    assert len(host.home.versions()) == 2


def test_sigterm_in_a_cycle_ends_it_promptly_and_after_the_restart_it_works(host: Host) -> None:
    host.due()
    host.home.hook("pre-receive", WAIT_IN_THE_PUSH)
    host.home.arrive("second")
    scheduler = host.start("schedule")
    eventually((host.home.bare / "here").exists, 300)
    assert (host.metric("retrain_running"), host.metric('retrain_outcomes_total{outcome="failed"}')) == (1, 0)
    assert host.metric(f'model_quality{{measure="rmse",model_version="{host.home.versions()[0]}"}}') == 0.9
    began = time.monotonic()
    scheduler.send_signal(signal.SIGTERM)
    said, _ = scheduler.communicate(timeout=60)
    assert (scheduler.returncode, time.monotonic() - began < 20) == (0, True), said
    assert running_below(host.home.root) == []
    assert (len(host.home.versions()), host.home.gaps()) == (1, [])
    assert (host.state.last_kind, host.state.due < datetime.now(UTC) + timedelta(hours=2)) == (FAILED, True)
    (host.home.bare / "hooks" / "pre-receive").unlink()
    host.due()
    scheduler = host.start("schedule")
    eventually(lambda: host.metric('retrain_outcomes_total{outcome="published"}') == 1, 300)
    last = json.loads(host.home.layout.last.read_bytes())
    assert host.metric(f'model_quality{{measure="rmse",model_version="{last["version"]}"}}') == 0.9
    eventually(lambda: (host.metric("retrain_next_run_timestamp_seconds") or 0) > time.time() + 47 * 3600)
    scheduler.send_signal(signal.SIGTERM)
    scheduler.communicate(timeout=60)
    assert (scheduler.returncode, host.home.gaps()) == (0, [])


def test_a_scheduler_that_is_killed_takes_its_cycle_with_it(host: Host) -> None:
    host.due()
    host.home.hook("pre-receive", WAIT_IN_THE_PUSH)
    host.home.arrive("second")
    scheduler = host.start("schedule")
    eventually((host.home.bare / "here").exists, 300)
    scheduler.kill()
    scheduler.communicate(timeout=60)
    eventually(lambda: not running_below(host.home.root))
    assert (len(host.home.versions()), host.home.gaps()) == (1, [])


def test_a_cycle_that_is_told_again_and_again_to_end_leaves_nothing_behind(host: Host) -> None:
    """As by a killed scheduler, each of whose threads may tell it."""
    host.home.hook("pre-receive", WAIT_IN_THE_PUSH)
    host.home.arrive("second")
    retrain = host.start("retrain")
    eventually((host.home.bare / "here").exists, 300)
    while retrain.poll() is None:
        retrain.send_signal(signal.SIGTERM)
    retrain.communicate(timeout=60)
    eventually(lambda: not running_below(host.home.root))


def test_retrain_says_how_it_ended_and_shows_no_traceback(
    host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    host.home.bare.rename(host.home.root / "away.git")
    assert cli.main(["retrain", "--now"]) == 1
    out, err = capfd.readouterr()
    assert out.startswith("failed: The git remote cannot be reached")
    assert "Traceback" not in out + err
