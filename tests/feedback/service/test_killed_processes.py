"""A real worker and a real collector, killed while people ask: what the worker wrote is there once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import requests
import yaml

from auto_deployment.feedback.files import closed_files
from auto_deployment.paths import FeedbackLayout, Paths
from tests.support.models import write_model
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.server import serving
from tests.support.waiting import eventually

KILLS = 3


def start_collector(home: Path, told: Path) -> subprocess.Popen[bytes]:
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["feedback"]["collect"] |= {"poll_s": 0.01, "max_age_s": 0.02, "max_lines": 20}
    (home / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    own = {"DATA_DIR": str(home / "data"), "PARAMS_FILE": str(home / "params.yaml"), "IMPRESSIONS": "log"}
    own |= {"IMPRESSIONS_DIR": str(told), "FEEDBACK_COLLECT_METRICS_PORT": str(free_port())}
    command = [sys.executable, "-m", "auto_deployment", "feedback", "collect"]
    return subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **own})


def complete_lines(told: Path) -> list[str]:
    whole = [path.read_bytes().rpartition(b"\n")[0].splitlines() for path in told.glob("*.log")]
    return sorted(json.loads(line)["request_id"] for lines in whole for line in lines)


def collected(closed: Path) -> list[str]:
    tables = [pq.read_table(path, columns=["request_id"]) for path in closed_files(closed)]
    return sorted(one for table in tables for one in table["request_id"].to_pylist())


@pytest.mark.slow
def test_kills_of_worker_and_collector_lose_and_repeat_no_line(tmp_path: Path) -> None:
    told, dice, sent = tmp_path / "impressions", random.Random(1), 0
    write_model(tmp_path / "model")
    closed = FeedbackLayout(Paths(tmp_path / "data").feedback).table("service")
    environ = {"MODEL_DIR": str(tmp_path / "model"), "IMPRESSIONS": "log", "IMPRESSIONS_DIR": str(told)}
    with serving(tmp_path / "log", {**environ, "WORKERS": "1"}) as server:
        for _ in range(KILLS):
            collector, before = start_collector(tmp_path, told), len(closed_files(closed))
            try:
                while len(closed_files(closed)) < before + 2:
                    assert collector.poll() is None
                    sent += requests.get(f"{server.url}/recommend/{sent}", timeout=10).status_code == 200
                time.sleep(dice.uniform(0, 0.05))
            finally:
                collector.send_signal(signal.SIGKILL)
                collector.wait()
            server.kill_worker()
    last = start_collector(tmp_path, told)
    try:
        eventually(lambda: collected(closed) == complete_lines(told))
    finally:
        last.kill()
        last.wait()
    assert len(set(complete_lines(told))) == len(complete_lines(told)) <= sent
