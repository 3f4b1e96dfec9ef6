"""What users notice while something else is away: nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.kubernetes.conftest import LEAST, SETTLED_S, UnderLoad
from tests.support.kubernetes.cluster import Cluster, eventually_ready
from tests.support.s3_server import S3Server
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves

METRICS = ("--namespace=kube-system", "scale", "deployment/metrics-server")


def is_waiting_for_a_model(cluster: Cluster, pod: str) -> bool:
    """Tell whether a pod's agent runs and has nothing to serve yet."""
    (agent,) = cluster.get("pod", pod)["status"].get("initContainerStatuses") or [{}]
    return "running" in agent.get("state", {}) and not agent["started"]


def is_scaling(cluster: Cluster) -> bool:
    """Tell whether the autoscaler knows how many pods there should be."""
    told = cluster.get("hpa", "serving")["status"].get("conditions", [])
    return any(one["type"] == "ScalingActive" and one["status"] == "True" for one in told)


@contextmanager
def without_metrics(cluster: Cluster) -> Iterator[None]:
    cluster.kubectl(*METRICS, "--replicas=0")
    try:
        yield
    finally:
        cluster.kubectl(*METRICS, "--replicas=1")


def test_a_new_pod_waits_for_a_store_that_does_not_answer_and_users_do_not(
    settled: Cluster, s3: S3Server, under_load: UnderLoad
) -> None:
    before = settled.names("serving")
    with under_load():
        with s3.hung():
            settled.kubectl("delete", "pod", before[0])
            (new,) = set(settled.names("serving")) - set(before)
            eventually(lambda: is_waiting_for_a_model(settled, new), SETTLED_S, 1, settled.describe)
            assert settled.pods("serving") == before[1:]
        eventually_ready(settled, "serving", LEAST)


def test_without_metrics_there_stay_as_many_pods_as_there_are(
    settled: Cluster, under_load: UnderLoad
) -> None:
    eventually(lambda: is_scaling(settled), SETTLED_S, 1, settled.describe)
    before = settled.names("serving")
    with under_load():
        with without_metrics(settled):
            eventually(lambda: not is_scaling(settled), SETTLED_S, 1, settled.describe)
            assert settled.names("serving") == before
        eventually(lambda: is_scaling(settled), SETTLED_S, 1, settled.describe)
    assert settled.names("serving") == before
