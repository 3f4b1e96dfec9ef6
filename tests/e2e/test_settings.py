"""What cannot be used stops a container at its start, with one sentence that names it.

One of each image; which settings are refused is told without containers: tests/app/test_config.py and
test_gunicorn.py, tests/contracts/test_command_line.py, tests/ingest/test_kafka_settings.py and
tests/edge/test_nginx_config.py.
"""

import os
import subprocess

import pytest

from tests.support.http import get
from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.systems.stack import TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]


def image_of(stack: TestStack, service: str) -> str:
    return stack.stack.inspect(service, "{{.Config.Image}}")


def start(image: str, *words: str, **environ: str) -> tuple[int, str]:
    """Run a container to its end; return its status and its last words."""
    given = [word for name, value in environ.items() for word in ("-e", f"{name}={value}")]
    memory = ["--tmpfs=/tmp", "--tmpfs=/etc/nginx/conf.d:uid=10001,gid=10001"]
    command = ["docker", "run", "--rm", "--read-only", *memory, *given, image, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


def test_an_instance_with_a_bad_setting_names_it(stack: TestStack) -> None:
    status, said = start(image_of(stack, "stable-1"), TRACK="beta")
    assert (status, said.splitlines()) == (2, ["TRACK is 'beta': use one of stable, canary."])


def test_an_instance_without_its_model_names_the_file(stack: TestStack) -> None:
    status, said = start(image_of(stack, "stable-1"), MODEL_DIR="/nowhere", LOG_LEVEL="WARNING")
    (sentence,) = said.splitlines()
    assert status == 2
    assert sentence.startswith("/nowhere/manifest.json cannot be read")


def test_ingest_with_a_bad_setting_names_it(stack: TestStack) -> None:
    status, said = start(image_of(stack, "ingest"), "ingest", KAFKA_TOPIC="a topic")
    (sentence,) = said.splitlines()
    assert status == 2
    assert sentence.startswith("KAFKA_TOPIC is 'a topic'")


def test_nginx_with_a_bad_setting_names_it(stack: TestStack) -> None:
    given = dict(line.split("=", 1) for line in stack.inside("nginx", "env").split() if "MARQUEE_" in line)
    status, said = start(image_of(stack, "nginx"), **{**given, "MARQUEE_ATTEMPTS": "many"})
    assert status == 2
    assert "MARQUEE_ATTEMPTS is 'many': use a whole number." in said.splitlines()


def test_a_canary_whose_model_cannot_be_loaded_leaves_everybody_served(stack: TestStack) -> None:
    """Its image is one that starts and ends, again and again, as the restart policy has it."""
    canary = stack.stack.container("canary")
    docker("stop", canary)
    name = f"{stack.stack.name}-broken"
    where = ("--network", f"{stack.stack.name}_serving", "--network-alias", "canary", "--name", name)
    docker("run", "-d", "--restart=always", *where, "-e", "MODEL_DIR=/nowhere", image_of(stack, "canary"))
    try:
        eventually(lambda: int(docker("inspect", "--format", "{{.RestartCount}}", name)) >= 2)
        replies = [get(stack.port, f"/recommend/{user}") for user in range(1, 101)]
        assert {(reply.status, reply.headers["x-release-track"]) for reply in replies} == {(200, "stable")}
    finally:
        docker("rm", "-f", name)
        docker("start", canary)
        stack.stack.wait_until_well("canary")


def test_the_file_is_valid_with_every_profile_and_without_any_setting(stack: TestStack) -> None:
    """From a clean clone: no `.env`, no variable; what is wrong or out of date in it would be told of."""
    command = ["docker", "compose", "--env-file", os.devnull, "-f", str(PROJECT / "docker-compose.yml")]
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    done = subprocess.run(
        [*command, "--profile", "*", "config", "--quiet"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
