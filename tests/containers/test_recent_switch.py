"""Who follows recent events in Compose: everybody by default, nobody where REDIS_URL is empty."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.project import PROJECT

OURS = "redis://redis:6379"
ASKED = {
    "stable-1",
    "stable-2",
    "canary",
    "grpc",
    "grpc-canary",
    "ingest",
    "scheduler",
    "controller",
    "events",
}


def addresses(lines: str, folder: Path) -> dict[str, str]:
    """Return what Compose tells each service that knows REDIS_URL; `lines` stand in `.env`."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("there is no docker command")
    (folder / ".env").write_text(lines, "utf-8")
    words = [docker, "compose", "--env-file", str(folder / ".env"), "--profile", "*"]
    done = subprocess.run(
        [*words, "-f", str(PROJECT / "docker-compose.yml"), "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    found = {name: one.get("environment") or {} for name, one in services.items()}
    return {name: one["REDIS_URL"] for name, one in found.items() if "REDIS_URL" in one}


@pytest.mark.parametrize("copied", [False, True])
def test_by_default_and_with_the_example_copied_all_follow_the_redis_of_compose(
    tmp_path: Path, *, copied: bool
) -> None:
    lines = (PROJECT / ".env.example").read_text("utf-8") if copied else ""
    assert addresses(lines, tmp_path) == dict.fromkeys(ASKED, OURS)


def test_an_empty_address_switches_it_off_and_another_one_is_followed(tmp_path: Path) -> None:
    assert addresses("REDIS_URL=\n", tmp_path) == dict.fromkeys(ASKED, "")
    other = "rediss://elsewhere:6380"
    assert addresses(f"REDIS_URL={other}\n", tmp_path) == dict.fromkeys(ASKED, other)
