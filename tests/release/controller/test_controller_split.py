"""The controller when users are no longer split between the tracks as they were."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.reconcile import Traffic
from auto_deployment.release.release import Phase
from auto_deployment.release.status import judgement_of
from tests.support.release.world import FakeEdge, World, full_disk, quick

WEIGHTS = {"stable-1": 40, "stable-2": 40, "canary": 20}


class WeighingEdge(FakeEdge):
    """NGINX with weights that a test changes, as new settings do."""

    weights: Mapping[str, int] = WEIGHTS

    def read(self) -> Traffic:
        weights = {name: weight for name, weight in self.weights.items() if name in self.traffic.names}
        return replace(self.traffic, weights=weights)


def baking(folder: Path, params: ReleaseParams) -> tuple[World, WeighingEdge]:
    """Return a world in which a candidate has baked for some time, and its NGINX."""
    world, edge = World(folder, params), WeighingEdge()
    world.edge = edge
    world.boot()
    world.bake()
    world.polls(20)
    return world, edge


@pytest.fixture
def both(tmp_path: Path) -> tuple[World, WeighingEdge]:
    return baking(tmp_path, quick())


def reasons(world: World) -> list[str]:
    return [change.reason for change in world.release.changes if change.phase is Phase.BAKING]


def window_s(world: World) -> float:
    record = world.store.newest()
    assert record is not None
    judgement = judgement_of(record, world.params)
    return judgement.window_s if judgement else 0.0


def test_a_changed_weight_begins_the_evidence_anew_and_the_release_ends_promoted(
    both: tuple[World, WeighingEdge],
) -> None:
    world, edge = both
    assert window_s(world) >= 36
    edge.weights = {**WEIGHTS, "canary": 5}
    world.polls(4)
    assert window_s(world) <= 8
    assert len(reasons(world)) == 2
    assert "canary 20" in reasons(world)[1]
    assert "canary 5" in reasons(world)[1]
    began = world.now
    world.until(Phase.PROMOTED)
    assert (world.now - began).total_seconds() >= 110  # a whole window


def test_a_controller_that_was_killed_meanwhile_sees_that_the_weights_are_others(
    both: tuple[World, WeighingEdge],
) -> None:
    world, edge = both
    edge.weights = {**WEIGHTS, "canary": 5}
    world.boot()
    world.polls(4)
    assert len(reasons(world)) == 2
    world.boot()
    world.polls(10)
    assert len(reasons(world)) == 2  # once


def test_an_instance_that_is_away_for_long_begins_it_anew_though_the_controller_is_killed(
    tmp_path: Path,
) -> None:
    world, _ = baking(tmp_path, replace(quick(), away_max_s=12.0))
    world.instances.ill = {"stable-2"}  # it is recreated after ten seconds, in vain
    world.polls(9)
    assert len(reasons(world)) == 1
    world.boot()
    world.polls(6)
    assert [one for one in reasons(world) if "no user has been sent to stable-2" in one]
    world.instances.ill = set()
    world.until(Phase.PROMOTED)


def test_what_does_not_fit_on_the_disk_is_begun_anew_once_there_is_room(
    both: tuple[World, WeighingEdge], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, edge = both
    edge.weights = {**WEIGHTS, "canary": 5}
    with full_disk(monkeypatch):
        world.polls(6)
    assert len(reasons(world)) == 1
    world.polls(6)
    assert len(reasons(world)) == 2
    world.until(Phase.PROMOTED)
