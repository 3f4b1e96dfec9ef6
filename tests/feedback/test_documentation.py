"""The questions that the documentation shows are answered, and its numbers are those of params.yaml."""

import re
from pathlib import Path

import pytest

from auto_deployment.feedback.metrics import CollectMetrics, JoinMetrics
from auto_deployment.feedback.tables import TABLES
from tests.support.feedback.world import LIST, NOON, World, after, params, request, told, watched
from tests.support.project import PROJECT

PAGE = (PROJECT / "docs" / "feedback.md").read_text("utf-8")
QUESTIONS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_that_people_ask_first_are_answered(question: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.log(request(NOON, 42, 1), request(after(hours=30), 42, 2))
    world.segment(told(NOON, 42), told(after(hours=30), 42), *watched(after(minutes=5), 42, LIST[0]))
    world.collect()
    world.join(after(hours=31))
    assert len(QUESTIONS) == 3
    assert world.rows(question) != []


def test_the_page_names_every_column_and_the_shipped_limits() -> None:
    for column in {field.name for table in TABLES for field in table.schema}:
        assert f"`{column}`" in PAGE
    join = params().join
    assert f"within {join.match_window_s:g} s" in PAGE
    assert f"within {join.watch_within_h:g} h before" in PAGE
    assert f"{params().late_max_h:g} hours late" in PAGE


def test_no_metric_has_a_label_for_users() -> None:
    for registry in (CollectMetrics().registry, JoinMetrics().registry):
        labels = {
            name for metric in registry.collect() for sample in metric.samples for name in sample.labels
        }
        assert labels <= {"kind", "end"}
        for metric in registry.collect():
            assert f"`{metric.name}" in PAGE or metric.name.endswith("timestamp_seconds")
