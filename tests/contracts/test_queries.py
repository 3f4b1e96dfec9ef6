"""Every metric that a dashboard or a rule names is one that some program has."""

import pytest

from tests.support.metric_names import known_metrics
from tests.support.release.queries import AskedFor, every_query


def test_names_are_found_in_a_query_and_nothing_else_is() -> None:
    asked = AskedFor(
        "example",
        'sum by (track, le) (rate(a_bucket{b="c > d", e=~"f|g"}[5m])) / on () group_left (h) x:y:z > bool 3'
        ' or label_replace(absent(i_j offset 1h), "k", "", "l", "") unless ignoring (m) n == 1e3',
    )
    assert asked.metrics() == {"a_bucket", "x:y:z", "i_j", "n"}


@pytest.mark.parametrize("asked", every_query(), ids=lambda asked: asked.where)
def test_a_query_names_only_metrics_that_exist(asked: AskedFor) -> None:
    assert asked.metrics()
    assert asked.metrics() - known_metrics() == set()
