"""Deployments as instances: what is seen while pods come and go, and what is changed."""

import logging
from pathlib import Path

import pytest

from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.ports import PortError, Sighting
from tests.release.kubernetes.conftest import NEW, NEW_RELEASE, OLD, OLD_RELEASE, World
from tests.support.release.fake_kubernetes import pod


def stables(world: World) -> tuple[Sighting, Sighting]:
    found = world.instances.look()
    return found["stable-1"], found["stable-2"]


def test_one_deployment_is_both_stable_instances(world: World) -> None:
    world.fake.pods = [pod("serving-1", "serving", OLD), pod("canary-1", "canary", OLD)]
    found = world.instances.look()
    assert dict(found) == dict.fromkeys(("stable-1", "stable-2", "canary"), Sighting(OLD_RELEASE, well=True))


def test_while_pods_are_replaced_one_name_is_what_comes_and_the_other_what_goes(world: World) -> None:
    old, new = pod("serving-1", "serving", OLD), pod("serving-2", "serving", NEW, ready=False)
    world.fake.pods = [old]
    world.instances.start("stable-1", NEW_RELEASE)
    world.fake.pods = [old, new]
    assert stables(world) == (Sighting(NEW_RELEASE), Sighting(OLD_RELEASE, well=True))
    world.fake.pods = [old, pod("serving-2", "serving", NEW)]
    assert stables(world) == (Sighting(NEW_RELEASE, well=True), Sighting(OLD_RELEASE, well=True))
    world.instances.start("stable-2", NEW_RELEASE)  # from now on it is waited for
    assert stables(world) == (Sighting(NEW_RELEASE, well=True), Sighting(NEW_RELEASE))
    assert len(world.fake.patches) == 1
    old["metadata"]["deletionTimestamp"] = "now"
    assert stables(world) == (Sighting(NEW_RELEASE, well=True), Sighting(NEW_RELEASE, well=True))


def test_an_update_is_taken_back_where_it_stands(world: World) -> None:
    old = pod("serving-1", "serving", OLD)
    world.instances.start("stable-1", NEW_RELEASE)
    world.instances.start("stable-2", NEW_RELEASE)
    world.instances.start("stable-1", OLD_RELEASE)
    world.fake.pods = [old, pod("serving-2", "serving", NEW, ready=False)]
    assert stables(world) == (Sighting(OLD_RELEASE, well=True), Sighting(OLD_RELEASE, well=True))


def test_a_canary_is_started_once_and_then_anew(world: World) -> None:
    world.instances.remove("canary", OLD_RELEASE)
    assert world.fake.deployment("canary")["spec"]["replicas"] == 0
    world.instances.start("canary", NEW_RELEASE)
    assert (world.fake.image("canary"), world.fake.deployment("canary")["spec"]["replicas"]) == (NEW, 1)
    assert "annotations" not in world.fake.deployment("canary")["spec"]["template"]["metadata"]
    world.instances.start("canary", NEW_RELEASE)
    assert "marquee/started" in world.fake.deployment("canary")["spec"]["template"]["metadata"]["annotations"]


def test_a_canary_that_is_removed_leaves_the_stable_image(world: World) -> None:
    world.instances.start("canary", NEW_RELEASE)
    world.fake.pods = [pod("canary-1", "canary", NEW)]
    world.instances.remove("canary", OLD_RELEASE)
    world.instances.remove("canary", OLD_RELEASE)
    assert (world.fake.image("canary"), world.instances.look()["canary"]) == (OLD, Sighting())


def test_the_number_of_pods_of_stable_is_the_autoscalers(world: World) -> None:
    world.instances.start("stable-1", NEW_RELEASE)
    assert [body["spec"].keys() for _, body in world.fake.patches] == [{"template"}]


def test_how_often_a_canary_has_ended_is_told(world: World) -> None:
    world.fake.pods = [pod("canary-1", "canary", OLD, restarts=4), pod("serving-1", "serving", OLD)]
    assert world.instances.look()["canary"].restarts == 4


def test_an_image_that_is_no_release_is_called_by_its_name(world: World) -> None:
    world.fake.deployment("canary")["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
    assert world.instances.look()["canary"].release == "other:1"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}},
            f"canary-1: the image {NEW} cannot be pulled (ImagePullBackOff: no such host).",
        ),
        (
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
            "canary-1: CrashLoopBackOff: back-off 40s.",
        ),
    ],
)
def test_why_a_pod_does_not_run_is_said_once(
    world: World, caplog: pytest.LogCaptureFixture, state: dict[str, object], sentence: str
) -> None:
    world.instances.start("canary", NEW_RELEASE)
    world.fake.pods = [pod("canary-1", "canary", NEW, ready=False, state=state)]
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert world.instances.look()["canary"] == Sighting(NEW_RELEASE)
    assert caplog.messages == [sentence]


def test_a_pod_that_never_becomes_ready_is_not_well_and_no_trouble_of_kubernetes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.instances.start("canary", NEW_RELEASE)
    world.fake.pods = [pod("canary-1", "canary", NEW, ready=False)]
    assert world.instances.look()["canary"] == Sighting(NEW_RELEASE)
    assert caplog.messages == []


def test_a_deployment_that_somebody_deleted_is_nothing_and_cannot_be_started(world: World) -> None:
    del world.fake.objects["deployments", "canary"]
    assert world.instances.look()["canary"] == Sighting()
    with pytest.raises(PortError, match=r"There is no deployments/canary in the namespace shop: .*apply -k"):
        world.instances.start("canary", NEW_RELEASE)


def test_what_somebody_else_changes_at_the_same_moment_is_not_overwritten(world: World) -> None:
    world.fake.changed_by_others = True
    with pytest.raises(PortError, match="Somebody else changed deployments/serving at the same moment"):
        world.instances.start("stable-1", NEW_RELEASE)
    assert world.fake.image("serving") == OLD
    world.fake.changed_by_others = False
    world.instances.start("stable-1", NEW_RELEASE)
    assert world.fake.image("serving") == NEW


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (403, "Kubernetes forbids GET deployments/serving: has the Role release-controller been changed"),
        (401, "Kubernetes forbids GET deployments/serving"),
        (500, "Kubernetes refuses GET deployments/serving with 500: etcd is away"),
    ],
)
def test_what_the_api_refuses_is_told_in_a_sentence(world: World, status: int, sentence: str) -> None:
    world.fake.fails = (status, "etcd is away")
    with pytest.raises(PortError, match=sentence):
        world.instances.look()


def test_an_api_that_is_away_is_told_in_a_sentence(world: World) -> None:
    away = Api("http://127.0.0.1:9", "shop", world.api.token)
    with pytest.raises(PortError, match=r"Kubernetes' API does not answer \(GET deployments/serving: "):
        away.deployment("serving")


def test_outside_of_a_pod_there_is_no_account(tmp_path: Path) -> None:
    with pytest.raises(
        PortError, match=r"There is no service account at .*INSTANCES=kubernetes is for a pod"
    ):
        Api.of_pod(account=tmp_path)
