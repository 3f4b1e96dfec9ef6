"""What cannot be used stops a container at its start, with one sentence that names it."""

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


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRACK", "beta"), ("WORKERS", "none"), ("PORT", "0"), ("MODEL_DIR", "/nowhere"), ("LOG_LEVEL", "LOUD")],
)
def test_an_instance_with_a_bad_setting_names_it(stack: TestStack, name: str, value: str) -> None:
    status, said = start(image_of(stack, "stable-1"), **{name: value})
    assert status == 2
    (sentence,) = [line for line in said.splitlines() if value in line and "Settings(" not in line]
    assert sentence.startswith((name, value))
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATING_SCALE", "5-1"),
        ("KAFKA_BOOTSTRAP", "nonsense"),
        ("KAFKA_TOPIC", "a topic"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("INGEST_METRICS_PORT", "0"),
        ("KAFKA_SASL_PASSWORD_FILE", "/nowhere"),
    ],
)
def test_ingest_with_a_bad_setting_names_it(stack: TestStack, name: str, value: str) -> None:
    status, said = start(image_of(stack, "ingest"), "ingest", **{name: value})
    assert status == 2
    (sentence,) = said.splitlines()
    assert sentence.startswith(name)
    assert value in sentence


@pytest.mark.parametrize("value", ["", "many"])
def test_nginx_with_a_missing_or_bad_setting_names_it(stack: TestStack, value: str) -> None:
    given = dict(line.split("=", 1) for line in stack.inside("nginx", "env").split() if "MARQUEE_" in line)
    status, said = start(image_of(stack, "nginx"), **{**given, "MARQUEE_ATTEMPTS": value})
    assert status == 2
    assert f"MARQUEE_ATTEMPTS is '{value}': use a whole number." in said.splitlines()


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
