"""Every query of every dashboard and rule, asked of the Prometheus of the running demo."""

import pytest

from tests.support.answers import missing
from tests.support.systems.short_windows import SCRAPE_S
from tests.support.systems.stack import TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]


def test_every_query_is_taken_and_has_an_answer_where_there_must_be_one(demo: TestStack) -> None:
    """Within minutes: rates need two looks of Prometheus, means of segments need a segment."""
    found: list[str] = []

    def all_answered() -> bool:
        found[:] = missing(demo.prometheus)
        return not found

    try:
        eventually(all_answered, 300, step_s=SCRAPE_S)
    except AssertionError:
        pytest.fail("without an answer: " + "; ".join(found))
