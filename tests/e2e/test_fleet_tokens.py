"""Master and agent of the profile `fleet`: a node's own token, tried in another name, and revoked."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import said_by
from tests.support.ports import free_port
from tests.support.speaking import SPEAK
from tests.support.systems.lab import require_docker
from tests.support.systems.stack import TestStack, running_stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

GROUP = 10_001  # that files of secrets have to be readable by
LEFT_S = 120.0  # a node that says nothing has left after a minute
UP = ("--profile", "fleet", "up", "-d", "--wait", "--wait-timeout", "180", "master", "agent")


def token(folder: Path, *words: str) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    return said_by(environ | {"FLEET_NODE_TOKENS_FILE": str(folder / "hashes")}, "fleet", "token", *words)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestStack, Path]]:
    require_docker()
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "node-token").write_text(token(folder, "node-1"), "utf-8")
    (folder / "operator-token").write_text("what people have, and nobody guesses", "utf-8")
    for name in ("node-token", "operator-token"):
        os.chown(folder / name, -1, GROUP)
        (folder / name).chmod(0o640)
    environ = {
        "MODEL_STORE": "/store", "FLEET_NODE": "node-1", "MASTER_URL": "http://master:8087",
        "MASTER_PORT": str(free_port()), "FLEET_NODE_TOKEN_FILE": str(folder / "node-token"),
        "FLEET_NODE_TOKENS_FILE": str(folder / "hashes"),
        "FLEET_OPERATOR_TOKEN_FILE": str(folder / "operator-token"),
    }  # fmt: skip
    with running_stack(folder, up=False, more={"environ": environ}) as stack:
        stack.stack.compose(*UP)
        yield stack, folder


def states(stack: TestStack) -> dict[str, str]:
    said = stack.inside("master", "sh", "-c", "marquee fleet nodes --json || true")
    return {one["node"]: one["state"] for one in json.loads(said)["nodes"]}


def test_a_node_reports_as_itself_alone_and_not_at_all_once_its_token_is_revoked(
    fleet: tuple[TestStack, Path],
) -> None:
    stack, folder = fleet
    eventually(lambda: states(stack) == {"node-1": "here"}, step_s=1)
    said = stack.inside("agent", "python", "-c", SPEAK, "node-2")
    assert said.startswith("403 ")
    assert "This is the token of node-1: with it nobody reports as node-2." in said

    token(folder, "node-1", "--revoke")
    stack.stack.compose("--profile", "fleet", "restart", "master")
    # The master's file of the shared token is that of this node, as both are one variable: good for nobody.
    tried = ("agent", "python", "-c", SPEAK)
    eventually(lambda: stack.stack.is_well("master"), step_s=1)
    for name in ("node-1", "node-2"):
        assert "This token was withdrawn" in stack.inside(*tried, name)
    eventually(lambda: states(stack) == {"node-1": "left without a word"}, LEFT_S, 2)
    assert stack.stack.is_well("agent")
