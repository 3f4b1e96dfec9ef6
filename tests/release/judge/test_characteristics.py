"""The judge's operating characteristics: the simulation, the command and the document's table."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from auto_deployment.cli import main
from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.checks import CHECKS
from auto_deployment.release.judge.evidence import weigh
from auto_deployment.release.judge.intervals import wilson
from auto_deployment.release.judge.sequential import Counts
from auto_deployment.release.judge.simulation import characteristics
from auto_deployment.release.judge.simulation.cases import Clock, Scenario, play
from auto_deployment.release.judge.simulation.characteristics import characterise
from auto_deployment.release.judge.simulation.rows import SCENARIOS
from auto_deployment.release.params import JudgeParams
from auto_deployment.report.characteristics import BEGIN, END, HEADER
from tests.support.project import PROJECT
from tests.support.release.ticks import SHIPPED

DOCUMENT = PROJECT / "docs" / "evidence.md"
SHORT = replace(SHIPPED.judge, window_s=3600.0, max_window_s=7200.0)


REJECTED, IN_TIME, LATE = (
    "aborted: rejected for ever",
    "promoted at the end of the window",
    "promoted by 24 h",
)
MINUTES = "minutes until then: median (10 % to 90 %)"
# Harm, and after how many minutes half of it has to be found.
MEDIANS = {
    "canary 2 times as bad": 175,
    "canary 3 times as bad at 0.2 %, beside 0.3 % of users who always fail": 173,
    "canary 5 times as bad": 11,
    "canary 5 times as bad, a tenth of the traffic": 107,
    "canary 10 times as bad": 3,
    "rare faults: canary 10 times as bad at 0.05 %": 33,
    "every request to the canary bad": 1,
    "slow tail: 1 in 50 of the canary's users waits for 350 ms": 120,
    "the same, and NGINX throws these answers away": 120,
    "canary gives twice as many users the popularity list (20 %)": 11,
}
HARMLESS = (
    "equal tracks, 0.5 % of requests bad",
    "equal tracks, a tenth of the traffic",
    "equal tracks, six bursts of 2 min with 5 % of requests bad",
    "the same, and only these ask 50 times, others 10 times",
    "equal tracks, one stable away for half of the window",
)


def named(name: str) -> Scenario:
    return next(scenario for scenario in SCENARIOS if scenario.name == name)


def documented() -> Iterator[list[str]]:
    """Return the cells of every line of the document's table."""
    for line in DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def first(holds: NDArray[np.bool_]) -> Counts:
    """Return the number of the first minute in which it holds, 0 where there is none."""
    minutes: Counts = np.where(holds.any(axis=-1), holds.argmax(axis=-1) + 1, 0)
    return minutes


def percent(cell: str) -> float:
    return float(cell.removesuffix(" %"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_judge_itself_decides_every_case_as_the_simulation_does(scenario: Scenario) -> None:
    row = characterise(scenario, 600, SHORT, runs=25, seed=2, checked=25)
    assert row.aborted_low <= row.aborted <= row.aborted_high


def test_the_document_explains_every_check_and_no_other() -> None:
    table = DOCUMENT.read_text("utf-8").partition("## The checks")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)) == CHECKS


def test_a_simulation_that_departs_from_the_judge_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def laxer(params: JudgeParams, part: float = 1.0) -> float:
        return 1000.0

    monkeypatch.setattr(characteristics, "abort_limit", laxer)
    with pytest.raises(MarqueeError, match="disagree"):
        characterise(Scenario("bad", canary_ratio=20), 0, SHORT, runs=5, seed=1)


def test_the_same_seed_gives_the_same_row_and_another_one_another() -> None:
    five_times = named("canary 5 times as bad")
    one, again, other = (characterise(five_times, 600, SHORT, 50, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_simulated_users_are_as_many_and_as_badly_off_as_was_asked_for() -> None:
    canary, stable = play(
        Scenario("x", bad_share=0.02, fallback_share=0.3), Clock(0, 720), 50, np.random.default_rng(1)
    )
    users = canary.columns.users.sum() + stable.columns.users.sum()
    assert users == pytest.approx(50 * 21_600, rel=0.001)  # e^-10 of them never come
    assert canary.columns.users.sum() / users == pytest.approx(0.2, abs=0.003)
    assert stable.columns.first_bad.sum() / stable.columns.users.sum() == pytest.approx(0.02, abs=0.001)
    assert stable.columns.newly_bad.sum() / stable.columns.users.sum() == pytest.approx(
        1 - np.exp(-0.2), abs=0.005
    )
    assert stable.columns.newly_fallback.sum() / stable.columns.users.sum() == pytest.approx(0.3, abs=0.003)
    assert stable.bad_requests.sum() / 50 == pytest.approx(0.8 * 216_000 * 0.02, rel=0.02)


def test_users_who_always_fail_fail_once_and_their_requests_each() -> None:
    scenario = Scenario("x", bad_share=0, failing_share=0.01, requests_per_user=50)
    _, stable = play(scenario, Clock(0, 720), 50, np.random.default_rng(1))
    columns = stable.columns
    assert columns.newly_bad.sum() == columns.first_bad.sum()
    assert columns.newly_bad.sum() / columns.users.sum() == pytest.approx(0.01, abs=0.001)
    assert stable.bad_requests.sum() / columns.newly_bad.sum() == pytest.approx(50, rel=0.05)


def test_minutes_of_warming_come_before_the_window_and_count_everybody_anew() -> None:
    scenario = Scenario("x", cold_min=10, cold_ratio=100)
    canary, _ = play(scenario, Clock(10, 60), 20, np.random.default_rng(1))
    assert canary.columns.users.shape == (20, 70)
    assert canary.columns.first_bad[:, :10].sum() > 20 * canary.columns.first_bad[:, 10:20].sum()
    assert canary.columns.users[:, 10].mean() == pytest.approx(canary.columns.users[:, 0].mean(), rel=0.2)


def test_wilsons_interval_is_that_of_the_books() -> None:
    assert wilson(0, 10_000) == pytest.approx((0, 0.000384), abs=1e-6)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_the_command_writes_its_table_and_plot_into_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "evidence.md"
    document.write_text(f"before\n{BEGIN}\noutdated\n{END}\nafter\n", "utf-8")
    assert main(["release", "characteristics", "--runs=2", f"--write={document}"]) == 0
    text, table = document.read_text("utf-8"), capsys.readouterr().out
    assert text.startswith(f"before\n{BEGIN}\n{table}")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "outdated" not in text
    assert (tmp_path / "images" / "characteristics.svg").read_bytes().startswith(b"<?xml")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    shipped = list(documented())
    assert [cells[0] for cells in lines] == [cells[0] for cells in shipped]
    assert lines[0] == shipped[0] == list(HEADER)


def test_a_document_without_a_place_for_the_table_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "other.md"
    document.write_text("nothing\n", "utf-8")
    assert main(["release", "characteristics", f"--write={document}"]) == 2
    assert "lacks the lines" in capsys.readouterr().err
    assert main(["release", "characteristics", "--runs=-1"]) == 2


def test_the_documented_table_keeps_what_is_promised() -> None:
    header, _, *rows = documented()
    assert header == list(HEADER)
    assert [cells[0] for cells in rows] == [scenario.name for scenario in SCENARIOS]
    found = {cells[0]: dict(zip(HEADER, cells, strict=True)) for cells in rows}
    assert all(int(cells[1].replace(",", "")) >= 10_000 for cells in rows)
    for scenario in SCENARIOS:
        row = found[scenario.name]
        alike = not scenario.to_blame and scenario.canary_ratio == 1 and scenario.warmed
        if alike:
            assert percent(row[REJECTED]) <= 0.5, scenario.name
        few = scenario.requests_per_s < 0.5 or scenario.failing_share
        if alike and scenario.bad_share <= 0.005 and not few and not scenario.outage_min:
            assert percent(row[IN_TIME]) >= 97, scenario.name
    assert percent(found["equal tracks, 0.5 % of users always fail, 20 requests each"][IN_TIME]) >= 80
    assert percent(found["equal tracks, 1 request/s"][LATE]) >= 99
    assert percent(found["both tracks below the SLO for an hour (5 % of requests bad)"][LATE]) >= 97
    assert percent(found["both tracks below the SLO all day (3 % of requests bad)"][LATE]) == 0
    for name, most in MEDIANS.items():
        median = re.match(r"(\d+) \(", found[name][MINUTES])
        assert median, name
        assert int(median[1]) <= most, name
        assert percent(found[name][REJECTED]) >= 99.7, name
    less = found["canary's lists watched 40 % less"]
    assert percent(less[REJECTED]) >= 70
    assert int(less[MINUTES].split(" (")[0]) < 12 * 60


@pytest.mark.parametrize("name", MEDIANS)
def test_no_harmful_candidate_gets_through_whom_the_slo_would_have_stopped(name: str) -> None:
    """On the same users the SLO, as a fourth test that aborts, stops hardly one more, none much sooner."""
    scenario, params = named(name), SHIPPED.judge
    met = play(scenario, Clock(0, 720), 200, np.random.default_rng(3))
    canary, stable = (one.columns for one in met)
    evidence = weigh(canary, stable, np.ones(720, np.int64), params)
    against = np.maximum(np.maximum(evidence.bad_harm, evidence.fallback_harm), evidence.slo_broken)
    before = first(against >= np.log(3 / params.alpha))
    now = characteristics.outcomes(*met, params).abort_minute
    assert (now > 0).sum() >= (before > 0).sum() - 1
    if (before > 0).mean() > 0.5:
        assert np.median(now[now > 0]) <= 1.1 * np.median(before[before > 0]) + 1


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_candidates_are_promoted_and_not_rejected(name: str) -> None:
    row = characterise(named(name), 600, SHIPPED.judge, runs=200, seed=4, checked=0)
    assert row.aborted <= 0.015, name
    assert row.promoted >= 0.93, name


def test_an_hour_below_the_slo_costs_an_hour_and_a_day_of_it_ends_inconclusive() -> None:
    hour, day = (
        characterise(named(f"both tracks below the SLO {name}"), 0, SHIPPED.judge, 100, 5, checked=1)
        for name in ("for an hour (5 % of requests bad)", "all day (3 % of requests bad)")
    )
    assert (hour.promoted, day.promoted_late) == (0, 0)
    assert hour.promoted_late >= 0.95
    assert max(hour.aborted, day.aborted) <= 0.02


def test_the_stable_that_is_away_gives_its_users_to_both_others() -> None:
    scenario = Scenario("x", away_min=360, requests_per_user=0.01)
    canary, stable = (
        one.columns.users for one in play(scenario, Clock(0, 720), 50, np.random.default_rng(6))
    )
    for half, share in ((slice(0, 360), 0.2), (slice(360, 720), 1 / 3)):
        seen = canary[:, half].sum(), stable[:, half].sum()
        assert seen[0] / sum(seen) == pytest.approx(share, abs=0.003)


def test_nights_have_fewer_requests() -> None:
    canary, _ = play(Scenario("x", night_load=0.1), Clock(0, 720), 20, np.random.default_rng(7))
    assert canary.columns.requests[:, 240:].sum() == pytest.approx(
        0.2 * canary.columns.requests[:, :240].sum(), rel=0.1
    )
