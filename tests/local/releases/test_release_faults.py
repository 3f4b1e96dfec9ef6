"""Releases of a local run when processes, models, the disk or NGINX fail: cared for as with containers."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auto_deployment.host.priority import BACKGROUND, SERVING
from auto_deployment.release.consequences import remove_old_images
from auto_deployment.release.reconcile import STABLE_NAMES
from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Phase
from tests.support.release.fake_children import FakeChild
from tests.support.release.faults import polls
from tests.support.release.plain_world import PlainWorld
from tests.support.release.world import NEW, OLD, quick


@pytest.fixture
def world(tmp_path: Path) -> PlainWorld:
    return PlainWorld(tmp_path, quick())


def no_process(world: PlainWorld) -> None:
    world.host.refused = {"canary"}


def no_model(world: PlainWorld) -> None:
    shutil.rmtree(world.model(NEW))


def read_only(path: Path, missing_ok: bool = False) -> Iterator[Path]:
    raise OSError(30, "Read-only file system")


def test_a_good_model_serves_everybody_in_the_end(world: PlainWorld) -> None:
    world.promote()
    assert {world.runs(name) for name in STABLE_NAMES} == {NEW.release}
    assert world.nginx.read().names == {"canary", *STABLE_NAMES}


def test_who_starts_waits_for_those_who_serve_until_it_serves_and_not_when_it_falls_ill(
    world: PlainWorld,
) -> None:
    world.host.ill = {"canary"}
    world.processes.start("canary", OLD.release)
    (canary,) = [one.child for one in world.supervisor.keepers if one.program.name == "canary"]
    assert isinstance(canary, FakeChild)
    world.processes.look()
    assert canary.nice == BACKGROUND
    for ill in (set(), {"canary"}):
        world.host.ill = ill
        world.processes.look()
        assert canary.nice == SERVING


@pytest.mark.parametrize("fault", [no_process, no_model])
def test_a_candidate_that_cannot_be_started_is_given_up_in_time_and_not_blamed(
    world: PlainWorld, fault: Callable[[PlainWorld], None]
) -> None:
    world.deploy()
    fault(world)
    said = polls(world, 30)
    assert any("cannot be started" in one or "is gone" in one for one in said)
    assert (world.release.phase, world.release.blameless) == (Phase.ABORTED, True)
    assert "could not be started" in world.release.reason
    assert read_rejected(world.paths) == ()


def test_an_instance_whose_model_is_gone_has_not_ended_again(world: PlainWorld, tmp_path: Path) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.host.ill = {"canary"}
    world.model(NEW).rename(tmp_path / "aside")
    assert len(polls(world, 12)) > 4
    (tmp_path / "aside").rename(world.model(NEW))
    world.host.ill = set()
    world.polls(3)
    record = world.store.newest()
    assert record is not None
    assert (record.release.phase, record.recreated.get("canary", 0)) == (Phase.BAKING, 0)


def test_what_runs_is_known_though_it_cannot_be_written_down(world: PlainWorld) -> None:
    world.host.is_full = True
    world.deploy()
    assert any("No space left" in one for one in polls(world, 10))
    assert world.runs("canary") == NEW.release
    world.host.is_full = False
    world.until(Phase.PROMOTED)


@pytest.mark.parametrize("fault", ["refuses", "deaf"])
def test_an_aborted_canary_goes_though_nginx_does_not_take_its_file(world: PlainWorld, fault: str) -> None:
    world.bake()
    if fault == "refuses":
        world.host.nginx_says = "no such directive"
    world.host.nginx_is_deaf = fault == "deaf"
    world.say(Action.ABORT)
    assert len(polls(world, 5)) == 5
    assert (world.release.phase, world.runs("canary")) == (Phase.ABORTED, None)
    world.host.nginx_says, world.host.nginx_is_deaf = "", False
    told = world.host.reloads
    world.settle()
    assert world.nginx.read().names == frozenset(STABLE_NAMES)
    assert world.host.reloads > told


def test_a_release_whose_link_cannot_be_removed_stays_and_is_in_nobody_s_way(
    world: PlainWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.poll()
    monkeypatch.setattr(Path, "unlink", read_only)
    remove_old_images(world.models, in_use=[NEW.release], keep=0)
    assert f"{OLD.release} stays" in caplog.text
    assert "Read-only file system" in caplog.text


def test_releases_that_cannot_be_listed_all_stay(
    world: PlainWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.poll()
    monkeypatch.setattr(Path, "iterdir", read_only)
    remove_old_images(world.models, in_use=[], keep=0)
    assert "Images of old releases stay" in caplog.text
