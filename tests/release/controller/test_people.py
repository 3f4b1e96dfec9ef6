"""The controller and what people say: approvals, aborts, and whom they cannot send users to."""

from pathlib import Path

import pytest

from auto_deployment.release.inbox import Inbox
from auto_deployment.release.release import Action, Build, Kind, Phase
from tests.support.release.world import NEW, World, build, quick


def test_with_approval_a_person_has_the_last_word(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    world.until(Phase.BAKING)
    for _ in range(100):
        if world.poll().waits:
            break
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    world.say(Action.APPROVE, "ann")
    assert "Approved by ann" in world.until(Phase.PROMOTED).reason


def test_who_said_what_and_when_is_kept(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Action.EXTEND, "ann", "holiday", 60.0)
    world.say(Action.PROMOTE, "bob", "urgent")
    world.until(Phase.PROMOTED)
    commands = world.release.commands
    assert [(one.action, one.by, one.reason, one.seconds) for one in commands] == [
        (Action.EXTEND, "ann", "holiday", 60.0),
        (Action.PROMOTE, "bob", "urgent", 0.0),
    ]
    assert all(one.at < world.now for one in commands)


def test_words_without_a_release_come_to_nothing(world: World) -> None:
    world.say(Action.ABORT)
    world.polls(2)
    assert list(Inbox(world.paths.releases / "inbox").waiting()) == []


def test_an_approval_is_kept_while_metrics_are_away(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    assert any(world.poll().waits for _ in range(500))
    world.metrics.down = True
    world.polls(4)
    world.say(Action.APPROVE)
    world.polls(4)
    world.metrics.down = False
    assert "Approved by ann" in world.until(Phase.PROMOTING).reason


def test_approval_of_evidence_that_is_still_to_come_counts_for_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Action.APPROVE)
    assert any(world.poll().waits for _ in range(500))
    world.polls(5)
    assert (world.release.phase, world.release.commands) == (Phase.BAKING, ())
    world.boot()
    world.say(Action.APPROVE)
    assert "Approved by ann" in world.until(Phase.PROMOTING).reason


@pytest.mark.parametrize("target", [build("v9"), NEW])
def test_nobody_is_sent_to_what_never_served_everybody(world: World, target: Build) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    world.roll_back(target)
    world.polls(5)
    assert (world.release.kind, world.release.phase) == (Kind.CANDIDATE, Phase.ABORTED)
    assert list(world.inbox.waiting()) == []
