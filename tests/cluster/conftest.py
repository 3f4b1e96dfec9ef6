"""One Swarm with the stack in it, for all of these tests: bringing it up takes longer than most of them."""

import asyncio
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.cluster.publishing import Publish, publishing, store_files
from tests.support.models import Size
from tests.support.s3_server import S3Server, client_libraries
from tests.support.systems.load import Load
from tests.support.systems.seconds import percentile, summarise
from tests.support.systems.stack import remove_images
from tests.support.systems.swarm import MASTER_NODE, NODES, STACK, Swarm, address, build, nodes_up, this_host
from tests.support.waiting import eventually

LAB = os.environ.get("SWARM_LAB", "up-swarm")
KEEP = bool(os.environ.get("SWARM_KEEP"))
IMAGE = "marquee-test-swarm"
SIZE = Size(users=20_000, movies=2000)
PER_S = float(os.environ.get("SWARM_PER_S", "200"))
SETTLED_S = 300.0
# This process shares the host with all nodes and may get no processor for a while: that fails no request.
STALL_S, PATIENCE_S = 2.0, 120.0
SEED = 1

Say = Callable[[str], None]
UnderLoad = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Give a function that prints at once: these tests are run by a person, and take minutes."""

    def line(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  {text}")

    return line


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 interface on this host, where the nodes reach it."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "moto.log", this_host())
    with client_libraries():
        yield server
    server.end()


@pytest.fixture(scope="session")
def nodes() -> Iterator[Swarm]:
    """Three nodes that run, with the images of the stack."""
    if shutil.which(LAB) is None:
        pytest.fail(f"{LAB} is missing: tests/cluster/README.md says what brings up a Swarm of three nodes")
    try:
        with nodes_up(LAB, KEEP) as manager:
            swarm = Swarm(LAB, IMAGE, manager)
            build(swarm)
            swarm.load(*swarm.images)
            yield swarm
    finally:
        if not KEEP:
            remove_images(IMAGE)


@pytest.fixture(scope="session")
def publish(nodes: Swarm, store: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publish]:
    """Give a function that publishes another model, as a person does, and returns its version."""
    with publishing(store, tmp_path_factory.mktemp("models"), SIZE) as another:
        yield another


@pytest.fixture(scope="session")
def swarm(nodes: Swarm, store: S3Server, publish: Publish, tmp_path_factory: pytest.TempPathFactory) -> Swarm:
    """The stack, deployed as docs/fleet.md says, serving a first model on every node."""
    folder = tmp_path_factory.mktemp("settings")
    for side in ("node", "operator"):
        (folder / f"{side}-token").write_text(f"{secrets.token_hex()}\n", "utf-8")
    environ = {
        "FLEET_NODE_TOKEN_FILE": str(folder / "node-token"),
        "FLEET_OPERATOR_TOKEN_FILE": str(folder / "operator-token"),
        "FLEET_TOKENS_VERSION": secrets.token_hex(4),  # a run before may have left its own
        "MODEL_STORE": os.environ["MODEL_STORE"],
        **store_files(store, folder),
    }
    swarm = Swarm(nodes.lab, nodes.image, nodes.manager, environ)
    swarm.manage("node", "update", "--label-add", "marquee.master=true", MASTER_NODE)
    first = publish("stable", "canary")
    deployed = swarm.deploy()
    assert deployed.returncode == 0, f"{deployed.stderr}\n{swarm.describe()}"
    eventually(lambda: swarm.confirmed() == {first}, SETTLED_S, 1, swarm.describe)
    return swarm


@pytest.fixture
def settled(swarm: Swarm) -> Swarm:
    """The stack with all that it shall have running, whatever the test before has done to it."""
    form = "{{.Replicas}}"

    def all_run() -> bool:
        lines = swarm.manage("stack", "services", "--format", form, STACK).split()
        return bool(lines) and all(line.partition("/")[0] == line.partition("/")[2] for line in lines)

    eventually(all_run, SETTLED_S, 1, swarm.describe)
    return swarm


@pytest.fixture
def under_load(swarm: Swarm, say: Say) -> UnderLoad:
    """Give what lets users ask through nodes while a block runs; none of them may meet a failure."""

    @contextmanager
    def asking(nodes: Sequence[str] = NODES, per_s: float = PER_S) -> Iterator[None]:
        hosts = [address(node) for node in nodes]
        loads = [
            Load(8082, per_s / len(hosts), 10_000_000, SEED + turn, host) for turn, host in enumerate(hosts)
        ]

        for load in loads:
            load.patience_s, load.stall_s = PATIENCE_S, STALL_S

        async def run() -> None:
            await asyncio.gather(*(load.run() for load in loads))

        thread = threading.Thread(target=asyncio.run, args=(run(),))
        thread.start()
        try:
            yield
        finally:
            for load in loads:
                load.stop()
            thread.join()
        outcomes = [one for load in loads for one in load.outcomes]
        found = summarise(outcomes)
        # This process waits for a processor, too, on a host that holds all nodes: NGINX's clock does not.
        seen = sorted(
            s for node, load in zip(nodes, loads, strict=True) for s in swarm.edge_s(node, load.sent)
        )
        lasted_s = max(one.planned_s for one in outcomes)
        say(
            f"{found.requests} requests in {lasted_s:.0f} s through {len(nodes)} nodes: "
            f"{found.failed} failed, p99 {found.p99_ms:.1f} ms, canary {100 * found.canary_share:.1f} %, "
            f"the load stood still for {max(one.stood_still_s for one in loads):.0f} s; "
            f"by NGINX's clock p99 {1000 * percentile(seen, 0.99):.0f} ms, worst {1000 * seen[-1]:.0f} ms"
        )
        failed = [f"{one.planned_s:.1f} s: {one.failure}" for one in outcomes if one.failure]
        assert failed == []

    return asking
