"""The stack on three real nodes: users meet no new version, dead node, bad image, store that is away."""

import os
import time

import pytest

from auto_deployment.cli import main
from tests.cluster.conftest import Say, UnderLoad
from tests.cluster.publishing import Publish
from tests.support.edge.ring import Ring
from tests.support.http import get
from tests.support.s3_server import S3Server
from tests.support.systems.containers import StackError, docker
from tests.support.systems.swarm import NODES, STACK, Swarm, address, make_broken
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves


MANAGER, SECOND, VICTIM = NODES
WITHIN_S = 60.0  # from a version's publication until it answers on all nodes
AWAY_S = float(os.environ.get("STORE_AWAY_S", "30"))  # 600: ten minutes
MASTER_AWAY_S = float(os.environ.get("MASTER_AWAY_S", "30"))
RING = {"tasks.serving:8000": 80, "tasks.canary:8001": 20}


def answers(node: str, users: range) -> list[tuple[int, str, str]]:
    """Return (user, track, version) of what a node's door answers, which must be lists."""
    found = []
    for user in users:
        reply = get(8082, f"/recommend/{user}", host=address(node))
        assert reply.status == 200
        found.append((user, reply.headers["x-release-track"], reply.headers["x-model-version"]))
    return found


def versions(node: str, track: str = "stable") -> set[str]:
    return {version for _, found, version in answers(node, range(1, 101)) if found == track}


def arrives(
    swarm: Swarm, version: str, nodes: tuple[str, ...] = NODES, within_s: float = 2 * WITHIN_S
) -> None:
    eventually(lambda: swarm.confirmed(nodes=nodes) == {version}, within_s, 0.5, swarm.describe)


def test_a_new_version_answers_on_all_nodes_within_a_minute_and_no_request_fails(
    settled: Swarm, publish: Publish, under_load: UnderLoad, say: Say
) -> None:
    with under_load():
        for _ in range(2):
            began_s = time.monotonic()
            version = publish("stable")
            arrives(settled, version)
            took_s = time.monotonic() - began_s
            say(f"{version} answers on all nodes {took_s:.1f} s after its publication began")
            assert took_s < WITHIN_S
            assert [versions(node) for node in NODES] == [{version}] * len(NODES)


def test_a_fifth_of_the_users_meets_the_canary_and_it_alone_follows_its_channel(
    settled: Swarm, publish: Publish, under_load: UnderLoad
) -> None:
    before = settled.agent(MANAGER)["channels"]["stable"]["confirmed"]
    with under_load():
        candidate = publish("canary")
        eventually(lambda: versions(MANAGER, "canary") == {candidate}, WITHIN_S, 1)
    found, ring = answers(SECOND, range(1, 1001)), Ring(RING)
    canary = {user for user, track, _ in found if track == "canary"}
    assert canary == {user for user, *_ in found if ring.address_of(f"first:{user}") == "tasks.canary:8001"}
    assert {(track, version) for _, track, version in found} == {("stable", before), ("canary", candidate)}
    assert main(["fleet", "set", "canary", before]) == 0


def test_a_node_that_is_killed_and_comes_back_costs_no_request(
    settled: Swarm, publish: Publish, under_load: UnderLoad, say: Say
) -> None:
    with under_load((MANAGER, SECOND)):
        time.sleep(3)
        docker("kill", VICTIM)
        eventually(lambda: settled.status(VICTIM) == "Down", 60, 1)
        version = publish("stable")  # which the node finds out about when it is back
        arrives(settled, version, (MANAGER, SECOND))
        docker("start", VICTIM)
        back_s = time.monotonic()
        arrives(settled, version)
        say(f"{VICTIM} serves {version} {time.monotonic() - back_s:.0f} s after its start")
        eventually(lambda: versions(VICTIM) == {version}, 60, 1)


@pytest.mark.parametrize("command", ['["false"]', '["sleep", "infinity"]'], ids=["ends", "never answers"])
def test_a_broken_image_is_rolled_back_and_costs_no_request(
    settled: Swarm, under_load: UnderLoad, say: Say, command: str
) -> None:
    make_broken(settled, "broken", command)
    image = '{{index (split .Spec.TaskTemplate.ContainerSpec.Image "@") 0}}'
    with under_load():
        began_s = time.monotonic()
        deployed = settled.deploy("broken")
        say(f"deploy.sh said so after {time.monotonic() - began_s:.0f} s: {deployed.stderr.strip()[-160:]}")
        assert deployed.returncode == 1
        assert "was rolled back" in deployed.stderr
        served = settled.manage("service", "inspect", "-f", image, f"{STACK}_serving")
        assert served == settled.images[0]
    assert settled.deploy().returncode == 0


def test_new_code_and_new_settings_reach_all_nodes_and_cost_no_request(
    settled: Swarm, under_load: UnderLoad, say: Say
) -> None:
    with under_load():
        began_s = time.monotonic()
        for service in ("serving", "canary", "agent", "static-list", "master"):
            settled.replace(service)
        say(f"all but NGINX replaced on all nodes in {time.monotonic() - began_s:.0f} s")


def test_a_store_that_is_away_costs_no_request_also_when_containers_start_meanwhile(
    settled: Swarm, store: S3Server, publish: Publish, under_load: UnderLoad, say: Say
) -> None:
    before = settled.confirmed()
    assert len(before) == 1
    with under_load():
        with store.hung():
            began_s = time.monotonic()
            eventually(lambda: all(settled.agent(node)["store_fault"] for node in NODES), 120, 1)
            for service in ("agent", "serving"):
                settled.replace(service)
            time.sleep(max(0.0, AWAY_S - (time.monotonic() - began_s)))
            assert settled.confirmed() == before
            say(f"the store was away for {time.monotonic() - began_s:.0f} s")
        version = publish("stable")
        arrives(settled, version)


def all_are_heard_of(swarm: Swarm, version: str) -> None:
    """Wait until the master says of every node that it is there and serves a version."""
    wanted = {node: ("here", version) for node in NODES}

    def heard_of() -> bool:
        found = swarm.heard_of()
        return wanted == {
            node: (one["state"], one["channels"]["stable"]["confirmed"]) for node, one in found.items()
        }

    eventually(heard_of, 2 * WITHIN_S, 1, swarm.describe)


def test_what_a_person_asks_of_the_master_is_done_on_a_node_and_a_node_itself_may_ask_nothing(
    settled: Swarm, publish: Publish, under_load: UnderLoad
) -> None:
    (before,) = settled.confirmed()
    assert before is not None
    with under_load():
        version = publish("stable")
        arrives(settled, version)
        all_are_heard_of(settled, version)
        assert "done" in settled.fleet("pin", SECOND, before)
        assert settled.agent(SECOND)["channels"]["stable"]["confirmed"] == before
        assert "done" in settled.fleet("unpin", SECOND)
        arrives(settled, version)
    assert "pin node=" in settled.fleet("audit")
    for refused in (f"delete {before}", "prune all"):
        with pytest.raises(StackError, match="The token of FLEET_OPERATOR_TOKEN_FILE is not set"):
            settled.on(SECOND, "agent", f"marquee fleet {refused}")


def test_a_master_that_is_away_costs_no_request_and_no_model(
    settled: Swarm, publish: Publish, under_load: UnderLoad, say: Say
) -> None:
    with under_load():
        settled.manage("service", "scale", "--detach", f"{STACK}_master=0")
        began_s = time.monotonic()
        eventually(lambda: settled.tasks(MANAGER, "master") == [], 60, 1)
        version = publish("stable")
        arrives(settled, version)
        settled.replace("agent")
        assert settled.confirmed() == {version}
        time.sleep(max(0.0, MASTER_AWAY_S - (time.monotonic() - began_s)))
        say(f"the master was away for {time.monotonic() - began_s:.0f} s")
        settled.manage("service", "scale", "--detach", f"{STACK}_master=1")
        began_s = time.monotonic()
        all_are_heard_of(settled, version)
        say(f"it had heard of all nodes {time.monotonic() - began_s:.0f} s after its start was asked for")


def test_with_the_manager_away_the_others_go_on_and_also_get_new_versions(
    settled: Swarm, publish: Publish, under_load: UnderLoad
) -> None:
    others = (SECOND, VICTIM)
    with under_load(others):
        docker("kill", MANAGER)
        version = publish("stable")
        eventually(
            lambda: settled.confirmed(nodes=others) == {version}, WITHIN_S, 0.5
        )  # nobody describes now
        docker("start", MANAGER)
        arrives(settled, version)
        eventually(lambda: versions(MANAGER) == {version}, 60, 1)
    all_are_heard_of(settled, version)  # whose master was away with it
