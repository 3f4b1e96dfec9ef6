"""One release on the shipped values, from request to promotion: the promise of the product in numbers."""

from datetime import timedelta
from pathlib import Path

from auto_deployment.params import load_params
from auto_deployment.release.release import Phase
from tests.support.project import PROJECT
from tests.support.release.world import NEW, SHIPPED, World

PARAMS = load_params(PROJECT / "params.yaml")


def test_the_shipped_values_are_those_that_were_promised() -> None:
    judge, traffic = SHIPPED.judge, PARAMS.traffic
    assert judge.window_s == 43_200
    assert judge.mean_latency_max_ms == 500
    assert (2 * traffic.stable_weight, traffic.canary_weight) == (80, 20)
    assert (SHIPPED.tick_s, SHIPPED.warming_s) == (60, 600)
    assert (judge.max_window_s, judge.metrics_unavailable_max_s) == (86_400, 3600)
    assert (judge.min_users, judge.slo_bad_share, judge.alpha) == (300, 0.01, 0.01)


def test_a_good_candidate_is_promoted_after_twelve_hours_of_evidence_and_not_before(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.per_poll = 20
    world.deploy()
    world.until(Phase.BAKING, seconds=20)
    world.until(Phase.PROMOTING, seconds=60)
    release = world.release
    warming, baking = release.entered(Phase.WARMING), release.entered(Phase.BAKING)
    assert warming is not None
    assert baking is not None
    assert timedelta(minutes=10) <= baking - warming < timedelta(minutes=11)
    assert timedelta(hours=12) <= release.since - baking < timedelta(hours=12, minutes=2)
    assert world.until(Phase.PROMOTED, seconds=20).reason.startswith("The window of 12 h is over.")
    assert set(world.instances.runs.values()) == {NEW.release}
    record = world.store.newest()
    assert record is not None
    assert sum(tick.phase == "baking" for tick in record.ticks) == 720
