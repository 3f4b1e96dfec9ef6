"""deploy/kubernetes on a real node: what is done to it there costs no request."""

import json
from collections.abc import Callable

import pytest

from tests.cluster.conftest import Say
from tests.cluster.kubernetes.conftest import LEAST, NAMESPACE, SETTLED_S, UnderLoad
from tests.cluster.publishing import Publish
from tests.support.edge.ring import Ring
from tests.support.http import get
from tests.support.kubernetes.cluster import OURS, Cluster, ClusterError, eventually_ready
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves

MOST = 4


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
    ours = f"--pod-selector={OURS}=true"  # others have pods on the node, too
    with under_load():
        with pytest.raises(ClusterError, match="global timeout reached"):
            settled.kubectl(
                "drain", "lab", ours, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=40s"
            )
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
        eventually(lambda: settled.names("canary") == [], SETTLED_S, 1)
