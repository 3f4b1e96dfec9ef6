"""A release whose lists are watched: the controller asks feedback, and goes on from what it has recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult
from auto_deployment.release.mail_pages import ReleaseEvent, approval_mail
from auto_deployment.release.release import Action, Phase
from auto_deployment.release.status import ReleaseStatus, judgement_of, tree, what_next
from tests.support.release.world import OLD, World, quick


class Feedback:
    """Answers what the controller asks for, as `feedback join` does."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder / "watched"
        self._folder.mkdir(parents=True)

    @property
    def asked(self) -> dict[str, Any] | None:
        path = self._world.paths.evidence
        return json.loads(path.read_bytes()) if path.exists() else None

    def answer(self, canary: int, stable: int, shown: int = 2_000, **groups: int) -> None:
        """Say how many of 2,000 and 8,000 users watched something; of a group, how many of the canary's."""
        assert self.asked is not None
        now = self._world.now.isoformat()
        tracks = _tracks(shown, canary, stable)
        named = {name.replace("_", " "): _tracks(shown, number, stable) for name, number in groups.items()}
        content = {"format": 1, **self.asked, "until": now, "written_at": now}
        path = self._folder / f"{self.asked['release']}.json"
        path.write_text(json.dumps(content | {"tracks": tracks, "groups": named}))


def _tracks(shown: int, canary: int, stable: int) -> dict[str, dict[str, int]]:
    return {
        "canary": {"shown": shown, "watched": canary},
        "stable": {"shown": 4 * shown, "watched": stable},
    }


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, quick(), feedback=tmp_path / "feedback")


@pytest.fixture
def feedback(world: World, tmp_path: Path) -> Feedback:
    """Let a candidate bake."""
    found = Feedback(world, tmp_path / "feedback")
    world.bake()
    return found


def check(world: World) -> CheckResult:
    judgement = status(world).judgement
    assert judgement is not None
    return next(one for one in judgement.checks if one.name == WATCHED_AGAINST_STABLE)


def status(world: World) -> ReleaseStatus:
    return ReleaseStatus(
        world.now, OLD.release, world.store.newest(), world.edge.traffic, {}, world.params, False
    )


def test_a_canary_whose_lists_are_watched_less_is_aborted(world: World, feedback: Feedback) -> None:
    feedback.answer(60, 480)
    assert "60 of 2,000 (3.00 %)" in world.until(Phase.ABORTED).reason
    assert feedback.asked is None


def test_counts_add_up_over_a_restart_of_the_controller(world: World, feedback: Feedback) -> None:
    feedback.answer(25, 200, shown=1_000)
    world.polls(3)
    before = check(world)
    world.boot()
    world.polls(3)
    assert check(world) == before
    feedback.answer(60, 480)
    world.until(Phase.ABORTED)
    record = world.store.newest()
    assert record is not None
    assert sum(tick.watched is not None for tick in record.ticks) == 2  # an answer each


def test_feedback_that_never_comes_holds_nobody_and_is_shown(world: World, feedback: Feedback) -> None:
    world.polls(3)
    assert check(world).outcome is CheckOutcome.ABSENT
    said = "- watched-against-stable Lists watched are not compared now, feedback has counted nothing"
    assert said in tree(status(world))
    world.until(Phase.PROMOTED)


def test_what_was_counted_before_the_evidence_began_anew_is_not_taken(
    world: World, feedback: Feedback
) -> None:
    feedback.answer(60, 480)
    (path,) = (world.paths.root / "feedback" / "watched").iterdir()
    old = json.loads(path.read_bytes())
    path.write_text(json.dumps(old | {"since": "2026-03-01T05:00:00+00:00"}))
    world.polls(3)
    assert check(world).outcome is CheckOutcome.ABSENT
    assert "since 2026-03-01 05:00 UTC" in check(world).sentence
    world.until(Phase.PROMOTED)


def test_a_group_that_watches_less_waits_for_a_person(world: World, feedback: Feedback) -> None:
    feedback.answer(120, 480, gender_F=60, gender_M=120)
    assert any(world.poll().waits for _ in range(200))
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    shown = status(world)
    assert "waits until a person says" in what_next(shown)
    assert "! gender F" in tree(shown)
    assert "· gender M" in tree(shown)
    record = world.store.newest()
    assert record is not None
    mail = approval_mail(ReleaseEvent(record, judgement_of(record, world.params), world.params, world.now))
    assert "By gender and age" in mail.text
    assert "Of gender F, 60 of 2,000" in mail.text
    world.say(Action.APPROVE, "ann")
    assert "Approved by ann" in world.until(Phase.PROMOTED).reason


def test_without_feedback_nothing_is_asked_for_and_nothing_shown(tmp_path: Path) -> None:
    world = World(tmp_path, quick())
    world.bake()
    world.polls(3)
    assert not world.paths.evidence.exists()
    assert WATCHED_AGAINST_STABLE not in tree(status(world))
