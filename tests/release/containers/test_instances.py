"""Instances as services of Compose: what is seen of them, and what is done to them."""

from typing import Any, cast

import pytest

from auto_deployment.release.containers.docker import DockerError
from auto_deployment.release.containers.images import READING, DockerImages
from auto_deployment.release.containers.instances import (
    NEVER_RAN,
    PROJECT,
    SERVICE,
    STARTING_SHARES,
    ComposeInstances,
    ComposeProject,
)
from auto_deployment.release.ports import Sighting
from tests.support.release.fake_engine import SERVING_SHARES, FakeEngine

V1, V2 = "20260301T0000-00000001", "20260302T0000-00000002"
OLD, NEW = f"{V1}-abc1234", f"{V2}-abc1234"


@pytest.fixture
def engine() -> FakeEngine:
    found = FakeEngine()
    found.add("sha256:1", f"marquee:{OLD}", V1)
    found.add("sha256:2", f"marquee:{NEW}", V2)
    found.run_container("stable-1", "sha256:1")
    found.run_container("canary", "sha256:2", restarts=2)
    found.run_container("nginx", "sha256:9")
    return found


@pytest.fixture
def instances(engine: FakeEngine) -> ComposeInstances:
    docker = cast("Any", engine)
    return ComposeInstances(docker, ComposeProject("p", ["--file", "f.yml"]), DockerImages(docker, "marquee"))


def test_each_is_seen_with_its_release(instances: ComposeInstances) -> None:
    assert instances.look() == {
        "stable-1": Sighting(OLD, True, 0),
        "stable-2": Sighting(),
        "canary": Sighting(NEW, True, 2),
    }


@pytest.mark.parametrize(
    "state", [{"Status": "exited"}, {"Status": "paused"}, {"Health": {"Status": "starting"}}]
)
def test_who_does_not_run_healthily_is_not_well(
    instances: ComposeInstances, engine: FakeEngine, state: dict[str, object]
) -> None:
    engine.run_container("canary", "sha256:2", **state)
    assert instances.look()["canary"] == Sighting(NEW, False, 0)


def test_a_start_moves_the_tag_first_and_leaves_the_others_alone(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    instances.start("stable-1", NEW)
    assert engine.tags["marquee:stable-1"] == "sha256:2"
    (up,) = [call for call in engine.calls if call.startswith("compose")]
    assert up.startswith("compose --project-name p --file f.yml up --no-start --no-deps --no-build")
    assert up.endswith(" stable-1")
    assert engine.containers["stable-1"]["State"]["Status"] == "running"


def test_who_starts_counts_less_from_its_first_instruction_on_and_more_once_it_serves(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    instances.start("canary", NEW)
    assert engine.calls[-2:] == [
        f"update --cpu-shares={STARTING_SHARES} container-canary",
        "start container-canary",
    ]
    assert instances.look()["canary"] == Sighting(NEW, False, 0)
    assert engine.shares("canary") == STARTING_SHARES
    engine.containers["canary"]["State"]["Health"]["Status"] = "healthy"
    instances.look()
    assert engine.shares("canary") == SERVING_SHARES
    told = len(engine.calls)
    instances.look()
    assert not any(call.startswith(("update", "compose")) for call in engine.calls[told:])


def test_who_was_started_by_somebody_else_counts_less_too_but_where_nobody_serves(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    engine.run_container("canary", "sha256:2", Health={"Status": "starting"})
    instances.look()
    assert engine.shares("canary") == STARTING_SHARES
    engine.run_container("canary", "sha256:2", Health={"Status": "starting"})
    engine.run_container("stable-1", "sha256:1", Health={"Status": "unhealthy"})
    instances.look()
    assert engine.shares("canary") == SERVING_SHARES


def test_an_engine_that_knows_no_weights_starts_it_all_the_same(
    instances: ComposeInstances,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    usual = engine.read

    def read(*words: str, timeout_s: float = 60) -> bytes:
        if words[0] == "update":
            raise DockerError("docker update: not supported.")
        return usual(*words, timeout_s=timeout_s)

    monkeypatch.setattr(engine, "read", read)
    instances.start("canary", NEW)
    assert engine.containers["canary"]["State"]["Status"] == "running"
    assert "not supported" in caplog.text


def test_who_was_made_and_never_started_runs_nothing(instances: ComposeInstances, engine: FakeEngine) -> None:
    """A kill can come between the two: what is there is neither the release nor nothing."""
    engine.run_container("canary", "sha256:2", Status="created")
    assert instances.look()["canary"] == Sighting(NEVER_RAN)


def test_who_hangs_is_let_go_before_it_is_replaced(instances: ComposeInstances, engine: FakeEngine) -> None:
    engine.run_container("canary", "sha256:2", Paused=True)
    instances.start("canary", NEW)
    assert engine.calls.index("unpause container-canary") < len(engine.calls) - 4


def test_a_removal_leaves_the_tag_on_stable_so_that_nothing_rejected_comes_back(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    instances.remove("canary", OLD)
    assert engine.tags["marquee:canary"] == "sha256:1"
    assert engine.calls[-1] == "rm --force container-canary"
    del engine.containers["canary"]
    instances.remove("canary", OLD)  # again


def test_of_nothing_nobody_is_seen_and_nothing_is_inspected(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    engine.containers.clear()
    assert set(instances.look().values()) == {Sighting()}
    assert not any(call.startswith("inspect") for call in engine.calls)


def test_who_runs_what_is_no_release_is_seen_by_its_image(
    instances: ComposeInstances, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.run_container("canary", "sha256:gone")
    assert instances.look()["canary"] == Sighting("sha256:gone", True, 0)
    assert "A container runs an image that is no release" in caplog.text
    assert instances.look()["stable-1"] == Sighting(OLD, True, 0)


def test_trouble_with_docker_makes_nobody_a_stranger(
    instances: ComposeInstances, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = engine.read

    def read(*words: str, timeout_s: float = 60) -> bytes:
        if words[:2] == ("image", "inspect"):
            raise DockerError("docker image inspect: no answer within 60 s.")
        return usual(*words, timeout_s=timeout_s)

    monkeypatch.setattr(engine, "read", read)
    with pytest.raises(DockerError, match="no answer"):
        instances.look()


def test_without_a_health_check_it_is_enough_to_run(instances: ComposeInstances, engine: FakeEngine) -> None:
    engine.run_container("canary", "sha256:2", Health=None)
    assert instances.look()["canary"].well


def test_only_containers_of_this_project_are_asked_for(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    instances.look()
    instances.remove("canary", OLD)
    asked = [call for call in engine.calls if call.startswith("ps ") and READING not in call]
    assert all(f"label={PROJECT}=p" in call and "--all" in call for call in asked)
    assert [f"label={SERVICE}=canary" in call for call in asked] == [False, True]


def test_who_has_no_image_is_neither_started_nor_removed(
    instances: ComposeInstances, engine: FakeEngine
) -> None:
    for act in (instances.start, instances.remove):
        with pytest.raises(DockerError, match="no such image"):
            act("canary", f"{V2}-unknown")
    assert not any(call.startswith(("compose", "rm ")) for call in engine.calls)
