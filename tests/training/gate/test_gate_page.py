"""Groups with a veto, and the page for a person."""

from typing import Any

import pytest

from auto_deployment.training.gate.checks import GateCheck
from auto_deployment.training.gate.gate import GateFacts, judge_model
from auto_deployment.training.gate.page import render_gate
from tests.support.cycle.gate import (
    NOTHING_KNOWN,
    SHIPPED_GATE,
    compared,
    estimate,
    gate_facts,
)

PARAMS = SHIPPED_GATE
RMSE = "metrics__rating__svd__rmse"


def check(facts: GateFacts, name: str) -> GateCheck:
    (found,) = [one for one in judge_model(facts, PARAMS).checks if one.name == name]
    return found


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (compared(200, 0.17, 0.2, width=0.029), False),  # 15 % less, shown
        (compared(199, 0.17, 0.2, width=0.029), True),  # too few users for a veto
        (compared(200, 0.17, 0.2, width=0.03), True),  # the interval reaches 0
        (compared(200, 0.1801, 0.2), True),  # less than what may be lost
        (compared(200, 0.1799, 0.2), False),
        (compared(200, 0.0, 0.0), True),  # nothing to lose
        (compared(200, 0.2, 0.2) | {"difference": NOTHING_KNOWN}, None),
        (compared(200, 0.2, 0.2) | {"champion": NOTHING_KNOWN}, None),
    ],
)
def test_a_group_has_a_veto_where_its_loss_is_large_and_shown(
    found: dict[str, Any], passed: bool | None
) -> None:
    facts = gate_facts(comparison__groups__gender__F=found)
    assert check(facts, "groups").passed is passed


def test_a_veto_names_every_group_and_what_it_loses() -> None:
    groups = {
        "gender": {"F": compared(300, 0.1, 0.2), "M": compared(300, 0.22, 0.2)},
        "age": {"18-24": compared(300, 0.15, 0.2)},
    }
    found = check(gate_facts(comparison__groups=groups), "groups")
    assert "gender F loses 50.0% (45.0% to 55.0%), age 18-24 25.0%; at most 10%" in found.sentence
    assert (found.value, found.limit) == (0.5, 0.1)
    assert found.low == pytest.approx(0.45)
    assert found.high == pytest.approx(0.55)


def test_without_large_groups_nobody_has_a_veto() -> None:
    found = check(gate_facts(comparison__groups={"age": {"18-24": compared(20, 0.1, 0.3)}}), "groups")
    assert found.passed
    assert "none has a veto" in found.sentence


def test_no_loss_is_no_negative_loss() -> None:
    found = check(
        gate_facts(comparison__groups={"age": {"18-24": compared(300, 0.2, 0.2, width=0.0)}}), "groups"
    )
    assert "the largest loss is 0.0% (0.0% to 0.0%), of age 18-24." in found.sentence


def test_the_page_says_first_what_did_not_pass() -> None:
    facts = gate_facts(**{RMSE: estimate(1.2), "probe__wrong": 7})
    page = render_gate(judge_model(facts, PARAMS), facts)
    assert page.startswith(
        "# Gate: refused\n\n2 of 16 checks did not pass: nothing is published.\n\n- **rmse**"
    )
    lines = page.splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ")][1:]
    assert [row[0].removeprefix("| ") for row in rows[:3]] == ["rmse", "wrong_lists", "bias"]
    assert rows[0] == ["| rmse", "**failed**", "1.2", "1.19 to 1.21", "1 |"]
    assert max(len(line) for line in lines if line.startswith("|")) < 90
    assert "2026-01-01 00:00 to 2026-03-01 10:20 UTC" in page


def test_a_strange_name_cannot_break_the_page() -> None:
    facts = gate_facts(intake__damaged={"a|\n# b.parquet": "x"})
    assert "\n# b" not in render_gate(judge_model(facts, PARAMS), facts)


def test_large_counts_are_written_out() -> None:
    facts = gate_facts(new_events=118_364)
    page = render_gate(judge_model(facts, PARAMS), facts)
    assert "| new_events | passed | 118,364 |  | 1,000 |" in page


def by_activity(**differences: dict[str, Any]) -> dict[str, Any]:
    """Return `groups` of metrics with the difference to popularity of users by their number of events."""
    return {
        "activity": {
            name.replace("_", " "): {"ranking": {"ndcg_compared": {"blend_minus_popularity": difference}}}
            for name, difference in differences.items()
        }
    }


def test_users_who_are_served_worse_than_by_popularity_are_a_warning_and_no_veto() -> None:
    groups = by_activity(
        **{"1_event": estimate(0.0, 0.0), "3-4_events": estimate(-0.05), "5-9_events": estimate(-0.005)},
        **{"20-49_events": estimate(-0.9, 0.0), "50_events_and_more": NOTHING_KNOWN},
    )
    facts = gate_facts(metrics__groups=groups)
    result = judge_model(facts, PARAMS)
    page = render_gate(result, facts)
    assert result.passed
    assert (
        "Warning, without a veto: Users with so many events in training are served worse than by popularity "
        "(NDCG@10): 3-4 events -0.0500 (-0.0600 to -0.0400)."
    ) in page.splitlines()


def test_where_nobody_is_served_worse_there_is_no_warning() -> None:
    facts = gate_facts(
        metrics__groups=by_activity(**{"5-9_events": estimate(0.05), "2_events": estimate(0.0)})
    )
    assert "Warning" not in render_gate(judge_model(facts, PARAMS), facts)
