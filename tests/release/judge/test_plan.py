"""What `release plan` says of one's own traffic, computed with the shipped judge."""

import argparse
import re
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.commands.release.plan import BEGIN, END, share
from auto_deployment.errors import BadInputError
from auto_deployment.release.judge.simulation.plan import DAY_S, HOUR_S, Demand, Simulation
from auto_deployment.release.judge.simulation.plan_words import percent
from tests.support.project import PROJECT
from tests.support.release.ticks import SHIPPED

BUSY = Demand(400_000, 80_000, 0.0005)


def simulation(demand: Demand = BUSY, runs: int = 20) -> Simulation:
    return Simulation(demand, SHIPPED.judge, runs, seed=1)


def test_with_much_traffic_what_is_harmless_is_promoted_and_what_is_broken_is_found_at_once() -> None:
    assert simulation().harmless(12 * HOUR_S).promoted >= 0.95
    found = dict(simulation().harmful(12 * HOUR_S))
    assert found[1.0].aborted == found[0.05].aborted == 1
    assert found[1.0].median_s is not None
    assert found[0.01].median_s is not None
    assert found[1.0].median_s < found[0.01].median_s < HOUR_S
    assert found[0.05].promoted == 0


def test_with_too_few_users_nobody_is_promoted_and_a_smaller_sample_or_a_longer_window_is_what_helps() -> (
    None
):
    few = simulation(Demand(2_000, 1_000, 0))
    assert few.demand.canary_users(12 * HOUR_S) < SHIPPED.judge.min_users
    assert few.harmless(12 * HOUR_S).promoted == 0
    assert few.demand.canary_users(7 * DAY_S) > few.demand.canary_users(DAY_S) > 190
    assert few.harmless(7 * DAY_S, min_users=50).promoted >= few.harmless(DAY_S, min_users=50).promoted


def test_as_many_users_come_in_a_day_as_were_said() -> None:
    for requests, users in ((100, 1), (1000, 100), (1000, 700), (1000, 990)):
        assert Demand(requests, users, 0).canary_users(DAY_S) == pytest.approx(0.2 * users, rel=0.01)
    assert Demand(1000, 1000, 0).canary_users(DAY_S) == pytest.approx(200, rel=0.01)  # each comes once


def test_a_plan_is_the_same_each_time() -> None:
    assert simulation().harmless(HOUR_S) == simulation().harmless(HOUR_S)


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ((10, 20, 0.0), "no more users than requests"),
        ((0, 0, 0.0), "at least one user"),
        ((float("nan"), 1, 0.0), "cannot be"),
        ((float("inf"), 1, 0.0), "at most"),
        ((100, 10, 50.0), "Half a percent is"),
        ((100, 10, -0.1), "give 0 to 0.2"),
        ((100, 10, float("nan")), "give 0 to 0.2"),
    ],
)
def test_what_no_service_has_is_refused_with_a_sentence(
    demand: tuple[float, float, float], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        Demand(*demand)


def test_a_share_is_written_with_or_without_a_percent_sign() -> None:
    assert share("0.5%") == share("0.005") == share(" 0.5 % ") == 0.005
    for text in ("", "half", "5%%", "0.5% or so"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"write 0\.005 or 0\.5%"):
            share(text)


def test_the_command_says_window_users_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--requests-per-day", "400000", "--users", "80000", "--bad", "0.05%", "--runs", "20"]
    assert main(["release", "plan", *words]) == 0
    said = capsys.readouterr().out
    for part in (
        "400,000 requests a day",
        "promoted at its end",
        "found 100 %",
        "window_s: ",
        "min_users: ",
        "slo_bad",
    ):
        assert part in said


def test_a_command_that_lacks_something_says_how_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "plan", "--users", "10"]) == 2
    assert "--requests-per-day 40000 --users 8000 --bad 0.5%" in capsys.readouterr().err


def test_a_sample_out_of_reach_is_said_with_one_that_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    least = SHIPPED.judge.min_users
    words = ["--requests-per-day", f"{10 * least}", "--users", f"{4 * least}", "--bad", "0", "--runs", "20"]
    assert main(["release", "plan", *words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"instead of {least}: of a fault that hits one user in" in said
    assert re.search(r"with that, [0-9.]+ % of harmless candidates are promoted after 7 d", said)
    words[3] = "100"
    assert main(["release", "plan", *words]) == 0
    assert "is out of reach" in capsys.readouterr().out


def test_the_table_replaces_the_one_in_the_document(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    assert main(["release", "plan", "--runs", "2", "--write", str(document)]) == 0
    text = document.read_text("utf-8")
    assert "old" not in text
    assert text.startswith(f"before\n{BEGIN}\n| requests a day |")
    assert text.endswith(f"{END}\nafter\n")
    assert "| 432,000 |" in text
    document.write_text("nothing to replace", "utf-8")
    assert main(["release", "plan", "--runs", "2", "--write", str(document)]) == 2


def test_the_documentation_has_the_table() -> None:
    assert BEGIN in (PROJECT / "docs" / "releases.md").read_text("utf-8")


def test_nearly_all_is_not_called_all() -> None:
    assert [percent(one) for one in (0, 0.002, 0.05, 0.12, 0.998, 1)] == [
        "0 %", "0.2 %", "5 %", "12 %", "99.8 %", "100 %",
    ]  # fmt: skip
