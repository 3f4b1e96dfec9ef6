"""Releases on a real node: a good candidate is promoted, a bad one is not, and no request fails meanwhile."""

from collections.abc import Iterator

import pytest

from tests.cluster.conftest import Say
from tests.cluster.kubernetes.conftest import LEAST, SETTLED_S, UnderLoad, node_with
from tests.support.http import get
from tests.support.kubernetes.cluster import TAG, Cluster, ClusterError, eventually_ready
from tests.support.kubernetes.releases import (
    CLAIMS,
    PROMETHEUS,
    ReleasesThere,
    build_for_releases,
    deploy_for_releases,
)
from tests.support.systems.candidates import Workshop
from tests.support.waiting import eventually

IMAGE, NAMESPACE = "marquee-test-kube-release", "marquee-test-release"
USERS = 300


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A node that runs, with our images and an empty namespace."""
    with node_with(build_for_releases, NAMESPACE, IMAGE) as found:
        found.load_images(PROMETHEUS)
        yield found
        found.kubectl("delete", "pv", *(f"{NAMESPACE}-{one}" for one in CLAIMS), "--wait=false")


@pytest.fixture(scope="module")
def releases(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> ReleasesThere:
    """overlays/release, deployed from nothing, after its controller has looked."""
    workshop = Workshop(tmp_path_factory.mktemp("workshop"), IMAGE)
    workshop.make_stable(f"{IMAGE}:{TAG}")
    disks = tmp_path_factory.mktemp("disks")
    deploy_for_releases(cluster, tmp_path_factory.mktemp("overlay"), disks)
    cluster.rolled_out("serving", "front", "prometheus", "release-controller")
    there = ReleasesThere(cluster, workshop, disks / "releases")
    serving = there.disk / "releases" / "serving.json"
    eventually(serving.exists, SETTLED_S, 1, there.log)
    return there


@pytest.fixture
def settled(releases: ReleasesThere) -> ReleasesThere:
    """What serves, serving, whatever the test before has done."""
    releases.cluster.rolled_out("serving", "front", "release-controller")
    eventually_ready(releases.cluster, "serving", LEAST)
    return releases


def kill_controller(cluster: Cluster) -> None:
    cluster.kubectl("delete", "pod", "-l", "app=release-controller", "--grace-period=0", "--force")
    cluster.rolled_out("release-controller")


def revisions(cluster: Cluster) -> set[str]:
    """Return the code revisions that users meet."""
    address = cluster.front()
    found = {get(80, f"/recommend/{user}", host=address).headers["x-release"] for user in range(USERS)}
    return {name.rpartition("-")[2] for name in found}


def test_a_good_candidate_is_promoted_though_the_controller_is_killed_twice(
    settled: ReleasesThere, under_load: UnderLoad, say: Say
) -> None:
    candidate = settled.workshop.make()
    with under_load():
        settled.deploy(candidate)
        settled.wait_for(candidate.revision, "baking")
        kill_controller(settled.cluster)
        settled.wait_for(candidate.revision, "promoting")
        kill_controller(settled.cluster)
        say(settled.wait_for(candidate.revision, "promoted"))
    assert settled.serving() == {"serving": {candidate.image}, "canary": {candidate.image}}
    assert revisions(settled.cluster) == {candidate.revision}


@pytest.mark.parametrize("fault", ["errs:0.3", "slow"])
def test_a_bad_candidate_is_aborted_and_leaves_nothing(
    settled: ReleasesThere, under_load: UnderLoad, say: Say, fault: str
) -> None:
    before, (served,) = settled.serving()["serving"], revisions(settled.cluster)
    candidate = settled.workshop.make(fault)
    with under_load():
        settled.deploy(candidate)
        say(settled.wait_for(candidate.revision, "aborted"))
        eventually(lambda: settled.cluster.names("canary") == [], SETTLED_S, 1, settled.cluster.describe)
    assert settled.serving() == {"serving": before, "canary": set()}
    assert revisions(settled.cluster) == {served}
    with pytest.raises(ClusterError, match="is not released"):
        settled.deploy(candidate)


def test_a_candidate_that_gets_ready_as_canary_only_is_taken_back(
    settled: ReleasesThere, under_load: UnderLoad, say: Say
) -> None:
    before = settled.serving()["serving"]
    candidate = settled.workshop.make("no-stable")
    with under_load():
        settled.deploy(candidate)
        settled.wait_for(candidate.revision, "promoting")
        reason = settled.wait_for(candidate.revision, "aborted")
        say(reason)
        eventually(lambda: settled.cluster.names("canary") == [], SETTLED_S, 1, settled.cluster.describe)
        settled.cluster.rolled_out("serving")
    assert "stable-1 did not become healthy with it" in reason
    assert settled.serving() == {"serving": before, "canary": set()}


def test_an_image_that_cannot_be_pulled_is_refused_in_a_sentence(settled: ReleasesThere) -> None:
    with pytest.raises(ClusterError, match=r"the image \S*none:1 cannot be pulled"):
        settled.marquee("deploy", "127.0.0.1:9/none:1", "--by", "pipeline")


def test_who_served_before_serves_again(settled: ReleasesThere, under_load: UnderLoad, say: Say) -> None:
    gone = revisions(settled.cluster)
    with under_load():
        settled.marquee("rollback", "--by", "ann", "--reason", "a test")
        eventually(lambda: not gone & revisions(settled.cluster), SETTLED_S, 2, settled.log)
        release = settled.newest()
        assert release is not None
        say(settled.wait_for(release.candidate.code_revision, "promoted"))
    assert len(revisions(settled.cluster)) == 1


def test_the_controller_may_do_what_it_does_and_nothing_else(settled: ReleasesThere) -> None:
    who = f"--as=system:serviceaccount:{settled.cluster.namespace}:release-controller"

    def may(*words: str) -> bool:
        try:
            return settled.cluster.kubectl("auth", "can-i", *words, who).strip() == "yes"
        except ClusterError:  # "no" is told by the exit status, too
            return False

    for verb, what in (("patch", "deployments/serving"), ("patch", "services/canary"), ("list", "pods")):
        assert may(verb, what), what
    for words in (
        ("patch", "deployments/front"),
        ("create", "deployments"),
        ("delete", "deployments/canary"),
        ("create", "pods"),
        ("get", "secrets"),
        ("list", "deployments"),
        ("patch", "services/front"),
        ("list", "pods", "--namespace=default"),
    ):
        assert not may(*words), words
