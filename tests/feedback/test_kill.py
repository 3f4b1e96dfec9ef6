"""`kill -9`, again and again: nothing is lost and nothing is there twice."""

from pathlib import Path

import pytest

from tests.support.feedback.kills import USERS, WATCHED_EVERY, Outcome, Plan, run


@pytest.mark.usefixtures("either_store")
def test_kills_at_any_moment_lose_and_repeat_nothing(tmp_path: Path) -> None:
    plan = Plan(requests=2_000, kills=4)
    watches = len(range(0, USERS, WATCHED_EVERY))
    assert run(tmp_path, plan) == Outcome(
        collected=2_000,
        lost=0,
        doubled=0,
        impressions=2_000,
        impressions_doubled=0,
        outcomes=watches,
        users_shown=USERS,
        users_watched=watches,
    )
