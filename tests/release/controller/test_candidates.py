"""Candidates that err, are slow, do not start or leave no evidence: each ends and users are served."""

from pathlib import Path

from auto_deployment.release.reconcile import STABLE_NAMES
from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Phase
from tests.support.release.world import NEW, OLD, World, build, one_in_ten, quick


def test_an_erring_candidate_is_gone_within_minutes_and_never_comes_back(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.bad = lambda user: user % 10 == 0  # every second user of the canary
    aborted = world.until(Phase.ABORTED)
    world.settle()
    assert "had a bad answer" in aborted.reason or "bad first answer" in aborted.reason
    assert (aborted.since - aborted.requested_at).total_seconds() < 120
    assert world.instances.runs == {"stable-1": OLD.release, "stable-2": OLD.release, "canary": None}
    assert set(world.instances.tags.values()) == {OLD.release}
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    rejected = read_rejected(world.paths)
    assert [(one.kind, one.content_hash) for one in rejected] == [("artefact", NEW.content_hash)]
    world.bad = lambda user: False
    world.deploy()
    world.polls(5)
    assert world.release.phase is Phase.ABORTED


def test_a_bad_code_push_does_not_condemn_the_model(world: World) -> None:
    world.deploy(build("v1", "bad0000"))
    world.until(Phase.WARMING)
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    assert [(one.kind, one.code_revision) for one in read_rejected(world.paths)] == [("code", "bad0000")]
    world.deploy(build("v1", "bad0000"))
    world.polls(3)
    assert world.release.phase is Phase.ABORTED
    world.deploy(build("v1", "good000"))
    assert world.until(Phase.BAKING).id == "v1-good000"


def test_a_slow_candidate_is_aborted_at_the_end_of_its_window_by_its_own_mean(world: World) -> None:
    world.metrics.mean_ms = {"canary": 501.0, "stable": 3.0}
    world.deploy()
    aborted = world.until(Phase.ABORTED)
    assert "take 501.0 ms on average" in aborted.reason
    baking = aborted.entered(Phase.BAKING)
    assert baking is not None
    assert (aborted.since - baking).total_seconds() >= world.params.judge.window_s


def test_slow_stables_cannot_fail_a_fast_candidate(world: World) -> None:
    world.metrics.mean_ms = {"canary": 20.0, "stable": 900.0}
    world.promote()


def test_a_candidate_that_does_not_start_is_aborted(world: World) -> None:
    world.instances.ill = {NEW.release}
    world.deploy()
    assert "did not become healthy within 30 s" in world.until(Phase.ABORTED).reason
    world.settle()
    assert world.instances.runs["canary"] is None
    assert not any("canary" in traffic.names for traffic in world.edge.history)


def test_a_candidate_that_ends_again_and_again_is_aborted(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.instances.restarts["canary"] = 4
    assert "ended 4 times" in world.until(Phase.ABORTED).reason


def test_a_canary_that_hangs_is_recreated_and_counted(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {"canary"}
    world.polls(10)
    world.instances.ill = set()
    record = world.store.newest()
    assert record is not None
    assert record.recreated["canary"] >= 1
    assert record.release.phase is Phase.BAKING


def test_without_traffic_it_is_inconclusive(world: World) -> None:
    world.per_poll = 0
    world.deploy()
    assert "Inconclusive" in world.until(Phase.INCONCLUSIVE).reason
    world.settle()
    assert world.instances.runs == {"stable-1": OLD.release, "stable-2": OLD.release, "canary": None}
    assert not read_rejected(world.paths)
    world.per_poll = 60
    world.promote()  # the same one, which nothing forbids


def test_while_both_tracks_are_below_the_slo_the_window_waits_and_then_nothing_is_rejected(
    world: World,
) -> None:
    world.bad_on_stable = world.bad = one_in_ten
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(60)
    judgement = world.poll().judgement
    assert judgement is not None
    assert judgement.below_slo_s > 60
    assert judgement.reason.startswith("The service itself was below its SLO for")
    assert "not the candidate" in judgement.reason
    assert judgement.window_s < 30
    ended = world.until(Phase.INCONCLUSIVE)
    assert "The service itself was below its SLO" in ended.reason
    assert not read_rejected(world.paths)


def test_once_the_service_keeps_its_slo_again_the_window_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path, quick(slo_span_s=40.0))
    world.bad_on_stable = world.bad = one_in_ten
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(20)
    world.bad_on_stable = world.bad = lambda user: False
    assert world.until(Phase.PROMOTED, Phase.INCONCLUSIVE).phase is Phase.PROMOTED


def test_a_failure_while_promoting_puts_stable_back(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.instances.ill = {"stable-1"}
    aborted = world.until(Phase.ABORTED)
    world.instances.ill = set()
    world.settle()
    assert "stable-1 did not become healthy" in aborted.reason
    assert world.instances.runs == {"stable-1": OLD.release, "stable-2": OLD.release, "canary": None}
