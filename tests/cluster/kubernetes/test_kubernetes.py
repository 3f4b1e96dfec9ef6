"""deploy/kubernetes on a real node: what is done to it there costs no request."""

import asyncio
import json
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from auto_deployment.cli import main
from tests.cluster.conftest import Say
from tests.support.edge.ring import Ring
from tests.support.http import get
from tests.support.kubernetes.cluster import (
    HERE,
    OURS,
    Cluster,
    ClusterError,
    build,
    cluster_up,
    eventually_ready,
    node_address,
    prepare,
)
from tests.support.models import Size, write_model
from tests.support.s3_server import S3Server, client_libraries
from tests.support.systems.load import Load
from tests.support.systems.seconds import percentile, summarise
from tests.support.systems.stack import remove_images
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves

LAB = os.environ.get("KUBERNETES_LAB", "up-kubernetes")
KEEP = bool(os.environ.get("KUBERNETES_KEEP"))
IMAGE, NAMESPACE = "marquee-test-kube", "marquee-test"
SIZE = Size(users=20_000, movies=2000)
PER_S = 100.0
STALL_S, PATIENCE_S = 2.0, 120.0  # this process shares the node with all pods
LEAST, MOST = 2, 4
SETTLED_S = 300.0

Publish = Callable[..., str]
UnderLoad = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A node that runs, with our images and an empty namespace."""
    if shutil.which(LAB) is None:
        pytest.fail(f"{LAB} is missing: tests/cluster/README.md says what brings up a node of Kubernetes")
    try:
        with cluster_up(LAB, NAMESPACE, IMAGE, KEEP) as found:
            build(found)
            found.load()
            yield found
    finally:
        if not KEEP:
            remove_images(IMAGE)


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
    folder, seeds = tmp_path_factory.mktemp("models"), iter(range(1, 99))

    def another(*channels: str) -> str:
        seed = next(seeds)
        version = f"20261130T00{seed:02}-aaaaaaaa"
        write_model(folder / version, SIZE, version=version, seed=seed)
        wanted = [word for channel in channels for word in ("--channel", channel)]
        assert main(["fleet", "publish", str(folder / version), *wanted]) == 0
        return version

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**s3.environ, "MODEL_STORE": f"s3://{s3.bucket()}/fleet"}.items():
            patch.setenv(name, value)
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
    def asking(put_up_with: str = "") -> Iterator[None]:
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
        failed = [one for one in load.outcomes if one.failure and one.failure != put_up_with]
        assert [f"{one.planned_s:.1f} s: {one.failure}" for one in failed] == []

    return asking


@pytest.mark.parametrize("name", ["serving", "front"])
def test_a_rolling_update_costs_no_request(settled: Cluster, under_load: UnderLoad, name: str) -> None:
    before = set(settled.pods(name))
    with under_load():
        settled.replace(name)
        eventually(lambda: not before & set(settled.names(name)), SETTLED_S, 1, settled.describe)


def test_a_pod_that_is_killed_costs_no_request_and_is_replaced(
    settled: Cluster, under_load: UnderLoad
) -> None:
    with under_load():
        victim = settled.pods("serving")[0]
        # Its first process is safe from what is inside: its workers die, in the middle of what they answer.
        settled.kubectl("exec", victim, "-c", "serving", "--", "python", "-c", "import os; os.kill(-1, 9)")
        settled.kubectl("delete", "pod", victim, "--grace-period=0", "--force")
        eventually(lambda: victim not in settled.pods("serving"), SETTLED_S, 1)
        eventually_ready(settled, "serving", LEAST)


def test_a_node_that_is_emptied_keeps_one_pod_of_each_until_others_are_there(
    settled: Cluster, under_load: UnderLoad
) -> None:
    # One instance is left for a while: a second attempt meets the same one, and a busy host makes it slow.
    with under_load(put_up_with="the static list"):
        chosen = (
            f"--pod-selector={OURS}=true",
            "--delete-emptydir-data",
            "--timeout=40s",
        )  # others have pods, too
        with pytest.raises(ClusterError, match="global timeout reached"):
            settled.kubectl("drain", "lab", "--ignore-daemonsets", *chosen)
        assert [len(settled.pods(app)) for app in ("serving", "front")] == [1, 1]
        settled.kubectl("uncordon", "lab")
        for app in ("serving", "front"):
            eventually_ready(settled, app, LEAST)


def test_there_are_more_pods_under_load_and_fewer_after_it(
    settled: Cluster, deployed: Callable[[str], None], under_load: UnderLoad, say: Say
) -> None:
    target = {"type": "Utilization", "averageUtilization": 10}
    metric = {"container": "serving", "name": "cpu", "target": target}
    quick = {
        "maxReplicas": MOST,
        "metrics": [{"type": "ContainerResource", "containerResource": metric}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}},
    }
    settled.kubectl("patch", "hpa", "serving", "--type=merge", "-p", json.dumps({"spec": quick}))
    with under_load():
        eventually_ready(settled, "serving", MOST)
        say(f"{MOST} pods under load")
    with under_load():
        target["averageUtilization"] = 1000
        settled.kubectl("patch", "hpa", "serving", "--type=merge", "-p", json.dumps({"spec": quick}))
        eventually_ready(settled, "serving", LEAST)
    deployed("fleet")


def test_a_new_version_is_brought_to_all_pods_and_costs_no_request(
    settled: Cluster, publish: Publish, under_load: UnderLoad
) -> None:
    with under_load():
        version = publish("stable")
        eventually(lambda: settled.confirmed() == {version}, SETTLED_S, 1, settled.describe)
    address = settled.front()
    found = {get(80, f"/recommend/{user}", host=address).headers["x-model-version"] for user in range(99)}
    assert found == {version}


def test_a_fifth_of_the_users_meets_the_canary_by_the_rule_of_one_host(
    settled: Cluster, deployed: Callable[[str], None], publish: Publish, under_load: UnderLoad
) -> None:
    (before,) = settled.confirmed()
    candidate = publish("canary")
    with under_load():
        deployed("fleet-canary")
        settled.rolled_out("canary", "front")
        eventually(lambda: settled.confirmed("canary", "canary") == {candidate}, SETTLED_S, 1)
    domain = f"{NAMESPACE}.svc.cluster.local"
    ring = Ring({f"serving.{domain}:8000": 80, f"canary.{domain}:8001": 20})
    address = settled.front()
    for user in range(1, 1001):
        reply = get(80, f"/recommend/{user}", host=address)
        is_canary = ring.address_of(f"first:{user}").startswith("canary")
        wanted = ("canary", candidate) if is_canary else ("stable", before)
        assert (reply.headers["x-release-track"], reply.headers["x-model-version"]) == wanted, user
    with under_load():  # to go back at once: nobody has to be told
        settled.kubectl("scale", "deployment/canary", "--replicas=0")
        eventually(lambda: settled.pods("canary") == [], SETTLED_S, 1)
