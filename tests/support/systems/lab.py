"""A Docker engine for tests: they are skipped without one, except where it is promised."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.systems.containers import StackError, docker


def require_docker() -> None:
    """Skip the test when no engine answers; fail it when `MARQUEE_REQUIRE_DOCKER` says that one must."""
    answers = docker_answers()
    if not answers and os.environ.get("MARQUEE_REQUIRE_DOCKER"):
        pytest.fail("MARQUEE_REQUIRE_DOCKER is set but no Docker engine answers")
    if not answers:
        pytest.skip("no Docker engine answers")


def require_program(name: str, path: str | None = None) -> str:
    """Return where a program of the lab is; skip the test without it, fail where the lab is promised."""
    found = shutil.which(name, path=path)
    if found is None and os.environ.get("MARQUEE_REQUIRE_DOCKER"):
        pytest.fail(f"MARQUEE_REQUIRE_DOCKER is set but there is no {name}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def docker_answers() -> bool:
    """Tell whether there is an engine."""
    try:
        docker("info")
    except (OSError, StackError):  # no program, no engine
        return False
    return True


@contextmanager
def network() -> Iterator[str]:
    """Make a network of its own and remove it with every container in it."""
    name = f"marquee-test-{uuid.uuid4().hex[:12]}"
    docker("network", "create", name)
    try:
        yield name
    finally:
        containers = docker("ps", "-aq", "--filter", f"network={name}").split()
        if containers:
            docker("rm", "-f", *containers)
        docker("network", "rm", name)
