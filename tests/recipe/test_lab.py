"""Load and resources on a tiny Compose project, and what is started to be measured ends with who measures."""

import csv
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.host.processes import identity
from tests.support.project import PROJECT
from tests.support.systems.containers import Stack, docker
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

# Answers everything with 200 and its name; the port is told as Marquee is told it.
SERVER = """\
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 4096
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Answer).serve_forever()
"""
IMAGE = "python:3.13-slim-trixie"  # what our own images are built from
TINY = """\
services:
  tiny:
    image: {image}
    command: [python, -c, {server}]
    environment: {{PORT: "8000"}}
    cpus: 0.5
    mem_limit: 64m
    mem_reservation: 32m
    stop_grace_period: 1s
    scale: 2
"""

MARQUEE = (sys.executable, "-m", "auto_deployment")

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    require_docker()
    file = tmp_path_factory.mktemp("tiny") / "docker-compose.yml"
    file.write_text(TINY.format(image=IMAGE, server=json.dumps(SERVER)))
    stack = Stack(f"marquee-test-load-{uuid.uuid4().hex[:8]}", (file,))
    try:
        stack.compose("up", "-d", "--wait")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "1")


def addresses(stack: Stack) -> list[str]:
    found = docker("ps", "-q", "--filter", f"label=com.docker.compose.project={stack.name}").split()
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return [docker("inspect", "--format", template, one) for one in found]


def test_load_and_resources_say_what_a_deployment_answers_and_uses(tiny: Stack, tmp_path: Path) -> None:
    load, resources = tmp_path / "load.csv", tmp_path / "resources.csv"
    words = [f"--project={tiny.name}", "--every=1s", f"--out={resources}"]
    watching = subprocess.Popen([*MARQUEE, "resources", *words], cwd=PROJECT, stderr=subprocess.DEVNULL)
    try:
        eventually(resources.exists)
        url = f"http://{addresses(tiny)[0]}:8000"
        eventually(lambda: main(["load", url, "--clients=2", "--minutes=0.07", f"--out={load}"]) == 0)
    finally:
        watching.send_signal(signal.SIGTERM)
        assert watching.wait() == 0
    (minute,) = csv.DictReader(load.read_text().splitlines())
    assert float(minute["availability_percent"]) == 100
    looks = list(csv.DictReader(resources.read_text().splitlines()))
    assert {(one["service"], one["replicas"]) for one in looks} == {("tiny", "2")}
    assert {(one["cpu_limit"], one["memory_limit_mb"]) for one in looks} == {("1", "134.218")}
    assert {one["memory_requested_mb"] for one in looks} == {"67.109"}
    assert max(float(one["cpu_used"] or 0) for one in looks) > 0
    assert resources.with_suffix(".svg").exists()


def test_an_instance_that_is_measured_ends_with_a_recipe_that_is_killed(tiny: Stack, tmp_path: Path) -> None:
    words = [
        "--goal=p95<2s",
        "--rate=20",
        f"--project={tiny.name}",
        "--services=tiny",
        "--ready=/",
        "--step=60s",
    ]
    process = subprocess.Popen(
        [*MARQUEE, "recipe", *words, "--cpus=0.5", f"--out={tmp_path / 'out'}"],
        cwd=PROJECT, env={**os.environ, "DATA_DIR": str(tmp_path)}, stderr=subprocess.PIPE,
    )  # fmt: skip

    def instances() -> list[str]:
        return docker("ps", "-aq", "--filter", f"label=marquee.recipe={label}").split()

    label = eventually(lambda: identity(process.pid))
    eventually(instances)
    process.kill()
    process.communicate()
    eventually(lambda: not instances())
    assert not (tmp_path / "out").exists()
