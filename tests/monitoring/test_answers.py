"""What the check of all queries would find, with answers made up."""

from typing import Any

import pytest

from tests.support.answers import MAY_BE_EMPTY, MAY_BE_MISSING, missing
from tests.support.release.queries import every_query

NUMBER = [{"metric": {}, "value": [0, "1"]}]


def test_what_may_be_empty_is_asked_for_at_all() -> None:
    assert MAY_BE_EMPTY.keys() <= {asked.where for asked in every_query()}
    assert MAY_BE_MISSING.keys() <= {metric for asked in every_query() for metric in asked.metrics()}
    assert all(MAY_BE_EMPTY.values())


def test_an_answer_to_everything_leaves_nothing_missing() -> None:
    assert missing(lambda query: NUMBER) == []


@pytest.mark.parametrize("nothing", [[], [{"metric": {}, "value": [0, "NaN"]}]])
def test_an_empty_answer_and_one_without_a_number_are_found(nothing: list[dict[str, Any]]) -> None:
    found = missing(lambda query: nothing if query == "nginx_up" else NUMBER)
    assert found == ["service: NGINX: empty"]


def test_a_metric_that_an_alert_stands_on_is_found_missing() -> None:
    found = missing(lambda query: [] if query == "count(nginx_up)" else NUMBER)
    assert found == ["alert Blind: no series nginx_up", "alert EdgeDown: no series nginx_up"]
