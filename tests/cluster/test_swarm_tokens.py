"""A token for each of three real nodes: nobody speaks for another, and who may not report still serves."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cluster.conftest import Say, UnderLoad
from tests.cluster.publishing import Publish
from tests.support.commands import said_by
from tests.support.speaking import SPEAK
from tests.support.systems.swarm import NODES, Swarm
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves

MASTERS, WITHDRAWN, WITHOUT = NODES
ALL_S = 180.0  # a node that says nothing has left after a minute
LEFT = "left without a word"


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """The stack, a folder with the token of each node, and the file of their hashes."""

    swarm: Swarm
    folder: Path
    hashes: Path

    def token(self, node: str, *words: str) -> str:
        environ = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "FLEET_NODE_TOKENS_FILE": str(self.hashes)}
        return said_by(environ, "fleet", "token", node, *words)

    def give(self, node: str) -> None:
        (self.folder / node).write_text(self.token(node), "utf-8")

    def deploy(self) -> None:
        done = self.swarm.deploy()
        assert done.returncode == 0, f"{done.stderr}\n{self.swarm.describe()}"

    def speak(self, node: str, name: str) -> str:
        """Say nothing to the master in a node's name, with another node's token; return its refusal."""
        return self.swarm.on(node, "agent", f"python -c '{SPEAK}' {name}")

    def states(self) -> dict[str, str]:
        return {node: one["state"] for node, one in self.swarm.heard_of().items()}

    def become(self, **states: str) -> None:
        eventually(lambda: self.states() == states, ALL_S, 2, lambda: f"{self.states()}")


@pytest.fixture
def own(settled: Swarm, tmp_path: Path) -> Iterator[OwnTokens]:
    """Each node with a token of its own; all have one in common again afterwards."""
    folder, hashes = tmp_path / "tokens", tmp_path / "node-tokens"
    folder.mkdir()
    environ = {
        **settled.environ,
        "FLEET_NODE_TOKEN_FILE": "",
        "FLEET_NODE_TOKEN_DIR": str(folder),
        "FLEET_NODE_TOKENS_FILE": str(hashes),
        "WITHIN_S": "600",  # agents are replaced one after the other
    }
    given = OwnTokens(replace(settled, environ=environ), folder, hashes)
    for node in NODES:
        given.give(node)
    yield given
    assert settled.deploy().returncode == 0


def test_a_node_speaks_for_itself_alone_and_one_that_may_not_report_goes_on_and_is_seen_as_missing(
    own: OwnTokens, publish: Publish, under_load: UnderLoad, say: Say
) -> None:
    here = dict.fromkeys(NODES, "here")
    with under_load():
        own.deploy()
        own.become(**here)
        for node in NODES:
            for name in NODES:
                said = own.speak(node, name)
                sentence = f"This is the token of {node}: with it nobody reports as {name}."
                assert (said.startswith("403 "), sentence in said) == (node != name,) * 2
        say("all three report with tokens of their own, and none in another's name")

        own.token(WITHDRAWN, "--revoke")
        (own.folder / WITHOUT).unlink()
        own.deploy()
        own.become(**{**here, WITHDRAWN: LEFT, WITHOUT: LEFT})
        assert "This token was withdrawn" in own.speak(WITHDRAWN, WITHDRAWN)
        assert own.speak(WITHOUT, WITHOUT).split()[0] in {"401", "429"}  # its agent has guessed all the time
        version = publish("stable")
        eventually(lambda: own.swarm.confirmed() == {version}, ALL_S, 1, own.swarm.describe)
        assert own.states() == {**here, WITHDRAWN: LEFT, WITHOUT: LEFT}
        say(
            f"{WITHDRAWN} (withdrawn) and {WITHOUT} (no token) serve {version}, and are missing at the master"
        )

        for node in (WITHDRAWN, WITHOUT):
            own.give(node)
        own.deploy()
        own.become(**here)
