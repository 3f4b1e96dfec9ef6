"""deploy/kubernetes on a real node, with a model store on this host, for all tests that want the same."""

import asyncio
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.cluster.conftest import Say
from tests.cluster.publishing import Publish, publishing
from tests.support.kubernetes.cluster import (
    HERE,
    OURS,
    Cluster,
    build,
    cluster_up,
    eventually_ready,
    node_address,
    prepare,
)
from tests.support.models import Size
from tests.support.s3_server import S3Server, client_libraries
from tests.support.systems.load import Load
from tests.support.systems.seconds import percentile, summarise
from tests.support.systems.stack import remove_images
from tests.support.waiting import eventually

LAB = os.environ.get("KUBERNETES_LAB", "up-kubernetes")
KEEP = bool(os.environ.get("KUBERNETES_KEEP"))
IMAGE, NAMESPACE = "marquee-test-kube", "marquee-test"
SIZE = Size(users=20_000, movies=2000)
PER_S = 100.0
STALL_S, PATIENCE_S = 2.0, 120.0  # this process shares the node with all pods
LEAST = 2
SETTLED_S = 300.0

UnderLoad = Callable[..., AbstractContextManager[None]]


@contextmanager
def node_with(
    images: Callable[[Cluster], None], namespace: str = NAMESPACE, image: str = IMAGE
) -> Iterator[Cluster]:
    """Give a node that runs, with the images that are built for it, and an empty namespace."""
    if shutil.which(LAB) is None:
        pytest.fail(f"{LAB} is missing: tests/cluster/README.md says what brings up a node of Kubernetes")
    try:
        with cluster_up(LAB, namespace, image, KEEP) as found:
            images(found)
            found.load()
            yield found
    finally:
        if not KEEP:
            remove_images(image)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A node that runs, with our images and an empty namespace."""
    with node_with(build) as found:
        yield found


@pytest.fixture(scope="module")
def s3(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 interface on this host, where pods reach it."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "moto.log", node_address(cluster))
    with client_libraries():
        yield server
    server.end()


@pytest.fixture(scope="module")
def publish(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publish]:
    """Give a function that publishes another model, as a person does, and returns its version."""
    with publishing(s3, tmp_path_factory.mktemp("models"), SIZE) as another:
        yield another


@pytest.fixture(scope="module")
def deployed(
    cluster: Cluster, s3: S3Server, publish: Publish, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], None]]:
    """Deploy from nothing, as docs/kubernetes.md says, and give what deploys another overlay."""
    folder = tmp_path_factory.mktemp("overlay")
    prepare(cluster, tmp_path_factory.mktemp("disk"))
    more = HERE.format(ours=OURS, store=os.environ["MODEL_STORE"], endpoint=s3.url)
    first = publish("stable", "canary")

    def deploy(overlay: str) -> None:
        cluster.apply(folder, f"overlays/{overlay}", more)

    deploy("fleet")
    cluster.rolled_out("serving", "front", "master")
    eventually(lambda: cluster.confirmed() == {first}, SETTLED_S, 1, cluster.describe)
    yield deploy
    cluster.kubectl("delete", "pv", NAMESPACE, "--ignore-not-found", "--wait=false")


@pytest.fixture
def settled(cluster: Cluster, deployed: Callable[[str], None]) -> Cluster:
    """What shall run, running, whatever the test before has done."""
    cluster.rolled_out("serving", "front")
    eventually_ready(cluster, "serving", LEAST)
    return cluster


@pytest.fixture
def under_load(cluster: Cluster, say: Say) -> UnderLoad:
    """Give what lets users ask while a block runs; none of them may meet a failure."""

    @contextmanager
    def asking() -> Iterator[None]:
        load = Load(80, PER_S, 10_000_000, host=cluster.front())
        load.patience_s, load.stall_s = PATIENCE_S, STALL_S
        thread = threading.Thread(target=asyncio.run, args=(load.run(),))
        thread.start()
        try:
            yield
        finally:
            load.stop()
            thread.join()
        found, seen = summarise(load.outcomes), sorted(cluster.edge_s(load.sent))
        say(
            f"{found.requests} requests in {max(one.planned_s for one in load.outcomes):.0f} s: "
            f"{found.failed} failed ({dict(found.failures)}), canary {100 * found.canary_share:.1f} %, "
            f"the load stood still for {load.stood_still_s:.0f} s; of NGINX's that are left p99 "
            f"{1000 * percentile(seen, 0.99):.0f} ms, worst {1000 * max(seen, default=math.nan):.0f} ms; "
            f"load average {os.getloadavg()[0]:.0f}"
        )
        failed = [one for one in load.outcomes if one.failure]
        assert [f"{one.planned_s:.1f} s: {one.failure}" for one in failed] == []

    return asking
