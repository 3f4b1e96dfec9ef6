"""What options of the measuring commands take, and what they refuse."""

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.recipe import words
from auto_deployment.recipe.goal import Goal, Limit, read_goal
from auto_deployment.recipe.load.figures import Window, figures


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("60s", 60), ("1.5m", 90), ("2h", 7200)])
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert words.read_seconds(text) == seconds


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *[(words.read_seconds, text) for text in ("", "s", "0", "-1s", "60x", "nan", "1e3", "1 m")],
        *[(words.read_positive, text) for text in ("", "0", "-1", "nan", "inf", "x")],
        *[(words.read_count, text) for text in ("", "0", "-1", "1.5", "x", "²")],
        *[(words.read_counts, text) for text in ("", "1,", "0,1", "a")],
        *[(words.read_users, text) for text in ("", "5", "5-1", "0-9", "a-b", "1-2-3")],
        *[(words.read_price, text) for text in ("", "cpu=1", "cpu=1,cpu=2", "cpu=0,memory=1")],
        *[(words.read_services, text) for text in ("", "a,a", "a=0", "a=x", "a b", ",a")],
        *[(read_goal, text) for text in ("", "p95", "p95>50ms", "p96<5ms", "p95<0ms", "p95<5")],
        *[(read_goal, f"p95<5ms,{text}") for text in ("", "availability>=101%", "availability>=0%")],
        (read_goal, "availability>=99%"),
    ],
)  # fmt: skip
def test_a_bad_word_is_refused_with_an_example(read: object, text: str) -> None:
    with pytest.raises(BadInputError) as stop:
        read(text)  # type: ignore[operator]
    assert "\n" not in str(stop.value)


def test_weights_of_services_add_up_to_one() -> None:
    assert words.read_services("stable-1=40,stable-2=40,canary=20") == {
        "stable-1": 0.4, "stable-2": 0.4, "canary": 0.2,
    }  # fmt: skip
    assert words.read_services("serving") == {"serving": 1.0}


def test_a_goal_has_limits_and_an_availability() -> None:
    assert read_goal("p95<50ms") == Goal((Limit("p95", 50.0),), 0.999)
    assert read_goal("p99 < 0.2s, mean<20ms,availability>=95%") == Goal(
        (Limit("p99", 200.0), Limit("mean", 20.0)), 0.95
    )


def test_a_goal_says_which_part_was_missed() -> None:
    goal = read_goal("p95<50ms,availability>=99%")
    fine = Window(seconds=1, answered_ms=[10.0] * 100)
    assert goal.missed(figures([fine])) is None
    slow = Window(seconds=1, answered_ms=[10.0] * 94 + [50.0] * 6)
    assert goal.missed(figures([slow])) == "p95 50.0 ms"
    failing = Window(seconds=1, answered_ms=[10.0] * 98, failed=2)
    assert goal.missed(figures([failing])) == "availability 98.00%"
    assert goal.missed(figures([Window(seconds=1)])) == "nothing was asked"
