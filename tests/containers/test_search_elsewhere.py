"""What deploy/remote and deploy/swarm/search.yml promise: search as on one host, on several."""

import os
import re
import subprocess
from typing import Any

import pytest
import yaml

from auto_deployment.fleet.kinds import index_name
from auto_deployment.params import load_params
from search.__main__ import parser
from tests.support.project import PROJECT
from tests.support.systems.lab import require_docker

REMOTE = PROJECT / "deploy" / "remote" / "docker-compose.yml"
SWARM = PROJECT / "deploy" / "swarm" / "search.yml"
SHARDS = range(load_params(PROJECT / "params.yaml").search.shards)
VARIABLE = re.compile(r"\$\{[A-Z_]+(?::[-?]([^}]*))?\}")


def services(path: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["services"]
    return found


def words_of(service: dict[str, Any]) -> list[str]:
    """Return a command as it is where no variable is set."""
    return [VARIABLE.sub(lambda found: found[1] or "", word) for word in service["command"]]


@pytest.mark.parametrize("path", [REMOTE, SWARM, PROJECT / "docker-compose.yml"], ids=lambda path: path.name)
def test_every_command_is_one_that_search_takes_and_follows_what_its_agent_brings(path: Any) -> None:
    found = {
        name: one for name, one in services(path).items() if "--indexes=/index" in one.get("command", ())
    }
    assert len(found) >= 2
    for service in found.values():
        told = parser().parse_args(words_of(service))
        assert str(told.follow) == f"/fleet/{index_name('recommender')}/channels/stable"
        assert str(told.port) in service["healthcheck"]["test"]


def test_a_remote_host_is_hardened_builds_nothing_and_shows_no_shard_unless_told_where() -> None:
    for name, service in services(REMOTE).items():
        assert service["read_only"], name
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"]), name
        assert {"mem_limit", "cpus", "pids_limit", "restart", "healthcheck"} <= service.keys(), name
        assert "build" not in service, name
        for port in service.get("ports", ()):
            assert VARIABLE.sub(lambda found: found[1] or "", port).startswith("127.0.0.1:"), name


def test_the_swarm_has_each_shard_twice_on_different_nodes_and_asks_all_of_them() -> None:
    found = services(SWARM)
    asked = parser().parse_args(words_of(found["gateway"])).shards.split(",")
    assert asked == [f"tasks.shard-{number}:8090" for number in SHARDS]
    for number in SHARDS:
        shard = found[f"shard-{number}"]
        assert parser().parse_args(words_of(shard)).number == number
        assert shard["deploy"]["replicas"] == 2
        assert shard["deploy"]["placement"] == {"max_replicas_per_node": 1}
    for name, service in found.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["deploy"]["endpoint_mode"] == "dnsrr", name
        assert service["deploy"]["update_config"]["failure_action"] == "rollback", name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name


@pytest.mark.lab
@pytest.mark.parametrize(
    ("path", "words"),
    [(REMOTE, ["--profile", "shard", "--profile", "gateway"]), (SWARM, [])],
    ids=["remote", "swarm"],
)
def test_compose_takes_the_file(path: Any, words: list[str]) -> None:
    require_docker()
    given = {
        "MARQUEE_IMAGE": "registry.example.org/marquee", "MARQUEE_TAG": "1", "MODEL_STORE": "s3://models",
        "PARTS": "0", "STORE_CREDENTIALS_FILE": "/dev/null",
    }  # fmt: skip
    command = ["docker", "compose", "--env-file", os.devnull, "-f", str(path), *words, "config", "--quiet"]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
