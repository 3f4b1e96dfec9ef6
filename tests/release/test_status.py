"""What a person, a script and Prometheus see of a release, at each of its phases."""

import json
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from auto_deployment.cli import main
from auto_deployment.params import load_params
from auto_deployment.release.metrics import ReleaseMetrics
from auto_deployment.release.release import Action, Phase
from auto_deployment.release.status import ReleaseStatus, to_json, tree, what_next
from tests.support.project import PROJECT
from tests.support.release.edge_lines import line as edge_line
from tests.support.release.world import NEW, OLD, World, one_in_ten, quick

TRAFFIC = load_params(PROJECT / "params.yaml").traffic


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path, quick())
    found.poll()
    return found


def status(world: World, needs_approval: bool = False) -> ReleaseStatus:
    weights = {"stable": 80, "canary": 20 if "canary" in world.edge.traffic.names else 0}
    record = world.store.newest()
    return ReleaseStatus(
        world.now, OLD.release, record, world.edge.traffic, weights, world.params, needs_approval
    )


def test_before_the_first_release_it_says_what_serves_and_how_to_begin(world: World) -> None:
    said = tree(status(world))
    assert f"{OLD.release} serves everybody; no release yet." in said
    assert "scripts/deploy.sh" in said
    assert status(world).exit_status() == 0
    assert to_json(status(world))["phase"] is None


def test_while_it_bakes_each_check_has_its_numbers(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(20)
    said = tree(status(world))
    assert "[baking]" in said
    assert "canary 20 %" in said
    assert "measured: canary 20.0 % of users" in said
    for words in ("Successful recommendations of the canary take 20.0 ms", "users of the canary were seen"):
        assert words in said
    assert "promoted in" in said.splitlines()[-1]
    assert status(world).exit_status() == 10


def test_what_of_the_edge_log_counts_nowhere_is_shown_to_people_programs_and_prometheus(world: World) -> None:
    metrics = ReleaseMetrics(world.params, TRAFFIC)
    for name in ("marquee_release_damaged_lines 0.0", "marquee_release_foreign_attempts 0.0"):
        assert name in generate_latest(metrics.registry).decode()
    world.bake()
    world.polls(2)
    assert "edge log   every line counts" in tree(status(world))
    with world.log.open("ab") as file:
        file.write(b"{broken\n" * 3 + edge_line("7", ("10.0.0.1:80", "200")) * 2)
    world.polls(4)
    assert "edge log   3 damaged lines, 2 attempts at addresses of neither track" in tree(status(world))
    assert to_json(status(world))["edge_log"] == {"damaged_lines": 3, "foreign_attempts": 2}
    metrics.show(world.poll())
    for name in ("marquee_release_damaged_lines 3.0", "marquee_release_foreign_attempts 2.0"):
        assert name in generate_latest(metrics.registry).decode()


def test_its_end_is_said_with_the_reason_and_in_the_exit_status(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Action.ABORT, "ann", "it smells")
    world.until(Phase.ABORTED)
    found = status(world)
    assert "Aborted by ann: it smells." in tree(found)
    assert "said       abort by ann" in tree(found)
    assert found.exit_status() == 3
    assert what_next(found) == "stable serves everybody; the next deploy begins a new release."


def test_a_service_below_its_slo_is_told_from_the_candidate(world: World) -> None:
    world.bad_on_stable = world.bad = one_in_ten
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(60)
    found = status(world)
    assert "service    The service itself was below its SLO for" in tree(found)
    assert "the window waits until the service keeps its SLO again" in what_next(found)
    assert to_json(found)["judgement"]["below_slo_s"] > 0
    world.until(Phase.INCONCLUSIVE)
    found = status(world)
    assert "✗ inconclusive" in tree(found)
    assert found.exit_status() == 5
    assert what_next(found) == "stable serves everybody; nothing is rejected, deploy it again."


def test_who_has_to_approve_is_told(world: World) -> None:
    world.needs_approval = True
    world.boot()
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(150)
    assert "it waits until a person says `approve` or `reject`" in what_next(
        status(world, needs_approval=True)
    )


@pytest.mark.parametrize(
    ("phase", "says"),
    [
        (Phase.STARTING, "becomes healthy by 2026-03-01 06:00 UTC, or it is aborted"),
        (Phase.WARMING, "from 2026-03-01 06:00 UTC on, what users meet counts as evidence"),
        (Phase.PROMOTED, "scripts/rollback.sh goes back"),
    ],
)
def test_in_each_phase_it_says_what_comes_next(world: World, phase: Phase, says: str) -> None:
    world.deploy()
    world.until(phase)
    assert says in tree(status(world)).splitlines()[-1]
    assert status(world).exit_status() == (0 if phase is Phase.PROMOTED else 10)


def test_a_release_that_went_back_is_called_so(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    world.roll_back()
    world.until(Phase.PROMOTED)
    assert tree(status(world)).startswith(f"Rollback to {OLD.release}  promoting ─ [promoted]\n")


def test_status_and_history_through_the_command_line(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    world.deploy()
    world.until(Phase.PROMOTED)
    assert main(["release", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["serving"] == NEW.release
    assert main(["release", "status"]) == 0
    assert f"Release {NEW.release}" in capsys.readouterr().out
    assert main(["release", "history"]) == 0
    assert "promoted" in capsys.readouterr().out


def test_what_cannot_be_said_is_refused_with_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    assert main(["release", "abort", "--by", "ann"]) == 1
    assert "No release is under way" in capsys.readouterr().err
    assert main(["release", "rollback", "v9", "--by", "ann"]) == 1
    assert "No release v9 has served everybody before" in capsys.readouterr().err
    world.deploy()
    world.until(Phase.BAKING)
    assert main(["release", "extend", "--hours", "999"]) == 1
    assert "by up to 240 hours" in capsys.readouterr().err
    assert main(["release", "rollback"]) == 1
    assert "is under way: `release abort` puts stable back" in capsys.readouterr().err


def test_prometheus_sees_phase_weights_verdict_and_evidence(world: World) -> None:
    metrics = ReleaseMetrics(world.params, TRAFFIC)
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(10)
    metrics.show(world.poll())
    page = generate_latest(metrics.registry).decode()
    for line in (
        'marquee_release_phase{phase="baking"} 1.0',
        'marquee_release_phase{phase="aborted"} 0.0',
        'marquee_release_weight{track="canary"} 20.0',
        'marquee_release_verdict{verdict="not-enough-evidence"} 1.0',
        "marquee_release_metrics_available 1.0",
    ):
        assert line in page, page
    assert 'marquee_release_users{track="canary"}' in page
    assert "check_log_evidence" in page
    world.say(Action.ABORT)
    metrics.show(world.poll())
    assert (
        'marquee_release_outcomes_total{outcome="aborted"} 1.0' in generate_latest(metrics.registry).decode()
    )
