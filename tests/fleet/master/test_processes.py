"""The master, an agent and the commands as processes: killed, away, two at once.

`FLEET_KILLS=50` kills more often than the gate has time for.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from auto_deployment.fleet.errors import MasterError
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.fleet.state import read_state
from auto_deployment.fleet.store import ModelStore
from tests.support.commands import said_by
from tests.support.fleet import NOW, V1, V2, V3, model
from tests.support.own_server import own_server
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

TOKEN = "a token that nobody can guess"  # the operator's
NODE_TOKEN = "another one that nodes report with"
KILLS = int(os.environ.get("FLEET_KILLS", "1"))
QUICK = {"poll_s: 5  ": "poll_s: 0.1", "min_free_mb: 500": "min_free_mb: 0", "silent_s: 60": "silent_s: 1 "}
MARQUEE = (sys.executable, "-m", "auto_deployment", "fleet")


class World:
    """A store with three versions, and what starts processes about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "store").mkdir()
        self.store = ModelStore(FolderFiles(folder / "store"), "recommender")
        for number, version in enumerate((V1, V2, V3)):
            self.store.publish(model(folder / "models", version, seed=number))
        self.store.move({"stable": V1}, NOW)
        (folder / "token").write_text(f"{TOKEN}\n", "utf-8")
        (folder / "node-token").write_text(f"{NODE_TOKEN}\n", "utf-8")
        text = (PROJECT / "params.yaml").read_text("utf-8")
        head, section = text.split("\nfleet:")
        for shipped, quick in QUICK.items():
            assert shipped in section
            section = section.replace(shipped, quick)
        (folder / "params.yaml").write_text(f"{head}\nfleet:{section}", "utf-8")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(PROJECT),
            "DATA_DIR": str(folder), "PARAMS_FILE": str(folder / "params.yaml"),
            "MODEL_STORE": str(folder / "store"), "FLEET_DIR": str(folder / "node"), "FLEET_NODE": "node-1",
            "FLEET_CHANNELS": "stable", "FLEET_METRICS_PORT": str(free_port()), "MASTER_URL": self.url,
            "FLEET_OPERATOR_TOKEN_FILE": str(folder / "token"), "MASTER_PORT": str(self.port),
            "FLEET_NODE_TOKEN_FILE": str(folder / "node-token"),
        }  # fmt: skip
        self.client = MasterClient(self.url, TOKEN)

    def master(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        return own_server([*MARQUEE, "master"], self.environ, self.folder / "log", self.url)

    def run(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*MARQUEE, *words], cwd=PROJECT, env=self.environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def said(self, *words: str) -> str:
        return said_by(self.environ, "fleet", *words)

    def state(self) -> str:
        (node,) = self.client.get("nodes")["nodes"]
        return str(node["state"])

    def serves(self) -> str:
        return os.readlink(self.folder / "node" / "recommender" / "channels" / "stable").rpartition("/")[2]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def agent(world: World) -> Iterator["subprocess.Popen[str]"]:
    """Run an agent that is ended with the test."""
    process = subprocess.Popen(
        [*MARQUEE, "agent"], cwd=PROJECT, env=world.environ, text=True, stderr=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.wait(60)


@pytest.mark.parametrize("who", ["NODE", "OPERATOR"])
@pytest.mark.parametrize(("token", "says"), [(None, "is not set"), ("short", "has only 5 characters")])
def test_without_two_tokens_that_are_hard_to_guess_it_does_not_start(
    world: World, who: str, token: str | None, says: str
) -> None:
    del world.environ[f"FLEET_{who}_TOKEN_FILE"]
    environ = world.environ | ({} if token is None else {f"FLEET_{who}_TOKEN": token})
    (sentence,) = said_by(environ, "fleet", "master").splitlines()
    assert f"The token of FLEET_{who}_TOKEN_FILE {says}: name a file" in sentence
    words = ("agent", "--once") if who == "NODE" else ("nodes",)
    assert says in said_by(environ, "fleet", *words).splitlines()[-1]


def test_one_token_for_both_sides_is_none(world: World) -> None:
    environ = world.environ | {"FLEET_NODE_TOKEN_FILE": str(world.folder / "token")}
    (sentence,) = said_by(environ, "fleet", "master").splitlines()
    assert "FLEET_OPERATOR_TOKEN_FILE has a token of nodes" in sentence
    assert "with which a node could delete models" in sentence


def test_a_master_that_is_away_is_one_sentence_that_says_how_to_ask_again(world: World) -> None:
    (sentence,) = world.said("nodes").splitlines()
    assert sentence.startswith(f"The master {world.url} is away (")
    (sentence,) = world.said("prune", "all", "--key", "one").splitlines()
    assert sentence.endswith("Once more, without doing it twice: --key one.")
    del world.environ["MASTER_URL"]
    assert "MASTER_URL is not set" in world.said("nodes")


@pytest.mark.slow
def test_commands_through_the_master_from_a_node_that_registers_to_one_that_is_forgotten(
    world: World,
) -> None:
    with world.master():
        assert "no node has registered yet" in world.said("status")
        assert world.said("agent", "--once").endswith("Everything is as wanted.\n")
        assert f"recommender: stable wants {V1}\nnode" in world.said("status")
        with_a_node_s_token_alone = world.environ | {"FLEET_OPERATOR_TOKEN_FILE": ""}
        alone = said_by(with_a_node_s_token_alone, "fleet", "status")
        assert "node     node-1, model recommender" in alone  # what it has itself
        assert "as wanted" in world.said("nodes")
        eventually(lambda: world.client.get("channels")["as_of"])
        assert world.said("pin", "node-1", V2, "--wait", "0", "--by", "ann").startswith("node-1: under way\n")
        world.said("agent", "--once")
        assert world.serves() == V2
        assert f"{V2} (pinned)" in world.said("nodes")
        assert f"node-1 has pinned {V2}: nothing was deleted." in world.said("delete", V2)
        assert world.said("set", "stable", V3, "--key", "set-1") == f"stable wants {V3}\n"
        assert world.said("set", "stable", V3, "--key", "set-1") == f"stable wants {V3}\n"
        assert f"stable wants {V3}, not {V1}: nothing was changed." in world.said(
            "set", "stable", V2, "--instead-of", V1
        )
        assert world.said("unpin", "node-1", "--wait", "0") != ""
        assert "Nodes go on with it" in world.said("reload", "node-1", "--wait", "0")
        assert "Nodes go on with it" in world.said("pull", "node-1", V1, "--wait", "0")
        assert "Nodes go on with it" in world.said("prune", "node-1", "--wait", "0")
        world.said("agent", "--once")
        assert world.serves() == V3
        audit = world.said("audit")
        assert f"ann: pin node=node-1 channel=stable version={V2}" in audit
        assert len([line for line in audit.splitlines() if ": set " in line]) == 2
        assert "is never delivered again" in world.said("reject", V1, "--reason", "odd lists")
        assert world.said("delete", V1) == f"{V1} is deleted from the store\n"
        eventually(lambda: world.state() == "left without a word")
        assert "left without a word" in world.said("nodes")
        assert world.said("nodes", "--forget", "node-1") == "node-1 is forgotten\n"
        second = world.run("master")
        assert "A master already runs on" in second.communicate(timeout=60)[1]


@pytest.mark.slow
def test_of_two_processes_that_change_a_channel_at_once_one_is_told_so(world: World) -> None:
    with world.master():
        both = [world.run("set", "stable", version, "--instead-of", V1) for version in (V2, V3)]
        said = [process.communicate(timeout=60) for process in both]
        assert sorted(process.returncode for process in both) == [0, 1]
        (winner,) = [out for out, _ in said if out]
        (told,) = [err for _, err in said if err]
        wanted = world.store.channels().channels.wanted["stable"]
        assert winner == f"stable wants {wanted}\n"
        assert told == f"stable wants {wanted}, not {V1}: nothing was changed.\n"

        def change(number: int) -> int | None:
            body = {"version": (V1, V2, V3)[number % 3], "expected": wanted}
            try:
                world.client.change(
                    "PUT", "channels", "recommender", "stable", key=f"k{number}", by="x", body=body
                )
            except MasterError as error:
                return error.status
            return 200

        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(change, range(9)))
        assert set(statuses) == {200, 409}
        reached = world.store.channels().channels.wanted["stable"]
        changed = [
            row["after"]
            for row in world.client.get("audit")["items"]
            if row["status"] == 200 and row["answer"]["changed"]
        ]
        assert changed == [reached, wanted]


@pytest.mark.slow
def test_an_agent_goes_on_without_its_master_and_is_there_again_when_that_is_back(
    world: World, agent: "subprocess.Popen[str]"
) -> None:
    eventually(lambda: world.serves() == V1)  # nobody has ever seen a master
    with world.master():
        eventually(lambda: world.state() == "here")
        world.client.change("POST", "nodes", "node-1", "pin", key="p", by="x", body={"version": V2})
        eventually(lambda: world.serves() == V2)
    world.store.move({"stable": V3}, NOW)
    file = world.folder / "node" / "agent.json"
    eventually(lambda: read_state(file).channels["stable"].wanted == V3)  # it looks, without a master
    assert world.serves() == V2  # still pinned
    assert agent.poll() is None
    (world.folder / "master" / "master.db").unlink()  # and it comes back with nothing
    with world.master():
        eventually(lambda: world.state() == "here")
        master, (node,) = world.client.get("nodes")["master"], world.client.get("nodes")["nodes"]
        assert master["database_lost"]
        assert node["channels"]["stable"]["pinned"] == V2
        world.client.change("POST", "nodes", "all", "unpin", key="u", by="x", body={})
        eventually(lambda: world.serves() == V3)
        agent.kill()
        eventually(lambda: world.state() == "left without a word")


Answers = dict[str, dict[str, object]]


def hammer(world: World, number: int, stop: threading.Event, answers: Answers) -> None:
    """Ask for one thing after the other; note the answers by their keys."""
    rng, counter = random.Random(number), 0
    while not stop.is_set():
        counter += 1
        key = f"{number}-{counter}-{rng.random()}"
        body = {"version": rng.choice((V1, V2, V3)), "expected": rng.choice((V1, V2, V3))}
        try:
            if counter % 2:
                answers[key] = world.client.change(
                    "POST", "nodes", "node-1", "prune", key=key, by="x", body={}
                )
            else:
                path = ("channels", "recommender", "stable")
                answers[key] = world.client.change("PUT", *path, key=key, by="x", body=body)
        except MasterError as error:
            if error.status is not None:
                answers[key] = {"refused": error.status}


def again(world: World, key: str, what: dict[str, str]) -> dict[str, object]:
    """Say under the same name what was cut short."""
    if what["do"] == "prune":
        return world.client.change("POST", "nodes", "node-1", "prune", key=key, by="x", body={})
    body = {"version": what["version"], "expected": what["expected"]}
    try:
        return world.client.change("PUT", "channels", "recommender", "stable", key=key, by="x", body=body)
    except MasterError as error:
        return {"refused": error.status}


@pytest.mark.slow
def test_no_kill_loses_what_was_answered_or_does_it_twice(world: World) -> None:
    rng, report = random.Random(7), {"model": "recommender", "versions": [], "channels": {}}
    headers = {"Authorization": f"Bearer {NODE_TOKEN}"}
    for _ in range(KILLS):
        stop, answers = threading.Event(), Answers()
        enough = rng.randrange(8, 20)
        with ThreadPoolExecutor(3) as pool:
            with world.master() as process:
                requests.put(f"{world.url}/nodes/node-1", json=report, headers=headers, timeout=60)
                jobs = [pool.submit(hammer, world, number, stop, answers) for number in range(3)]
                eventually(lambda: len(answers) >= enough, step_s=0.003)  # noqa: B023
                os.killpg(process.pid, signal.SIGKILL)
                stop.set()
            for job in jobs:
                job.result()
        with world.master():
            assert world.client.get("nodes")["master"]["database_lost"] == ""
            rows = {row["key"]: row for row in world.client.get("audit", limit="500")["items"]}
            for key, answer in answers.items():
                row = rows[key]
                assert row["status"] == answer.get("refused", 200)
                if "refused" not in answer:
                    assert row["answer"] == answer
            asked = [key for key, row in rows.items() if row["status"] is None]  # cut short
            for key in asked:
                answers[key] = again(world, key, rows[key]["what"])
            prunes = [key for key in answers if key in rows and rows[key]["what"]["do"] == "prune"]
            assert prunes
            assert {len(world.client.get("audit", key)["orders"]) for key in prunes} == {1}
        assert json.loads((world.folder / "store/models/recommender/channels.json").read_bytes())["wanted"]
