"""The questions that the documentation shows are answered, and its numbers are those of params.yaml."""

import re
from pathlib import Path

import pytest

from auto_deployment.feedback.metrics import CollectMetrics
from auto_deployment.feedback.online.series import JoinMetrics
from auto_deployment.feedback.tables import TABLES
from tests.support.feedback.postgres import Server
from tests.support.feedback.world import LIST, NOON, World, after, params, rated, request, told, watched
from tests.support.project import PROJECT

PAGE = (PROJECT / "docs" / "feedback.md").read_text("utf-8")
QUESTIONS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


ANSWERS: list[list[dict[str, object]]] = [
    # The list of the last 24 hours is left out.
    [{"release": "r1", "day": NOON.date(), "lists": 2, "watched_from": 1, "percent": 50.0}],
    [
        {"time": after(hours=30), "watched": None, "place": None, "minutes": None, "rating": None},
        {"time": NOON, "watched": LIST[1], "place": 2, "minutes": 30, "rating": 4.0},
    ],
    [
        {"movie_id": LIST[0], "shown": 3, "begun": 0, "per_thousand": 0.0},
        {"movie_id": LIST[1], "shown": 3, "begun": 1, "per_thousand": 333.33},
        {"movie_id": LIST[2], "shown": 3, "begun": 0, "per_thousand": 0.0},
    ],
]


ASKED = pytest.mark.parametrize(("question", "answer"), list(zip(QUESTIONS, ANSWERS, strict=True)))


@pytest.mark.usefixtures("either_store")
@ASKED
def test_questions_that_people_ask_first_are_answered_rightly(
    question: str, answer: list[dict[str, object]], tmp_path: Path
) -> None:
    world = World(tmp_path)
    world.log(*(request(time, user, user, release="r1") for time, user in ((NOON, 42), (NOON, 7))))
    world.log(request(after(hours=30), 42, 2, release="r1"))
    watch = [*watched(after(minutes=5), 42, LIST[1]), rated(after(minutes=40), 42, LIST[1], 4)]
    world.segment(told(NOON, 42), told(NOON, 7), told(after(hours=30), 42), *watch)
    world.collect()
    world.join(after(hours=31))
    rows = world.rows(question)
    shown = [{name: row[name] for name in expected} for row, expected in zip(rows, answer, strict=True)]
    assert shown == answer
    assert all(row["best"] == " ".join(LIST) for row in rows if "best" in row)


@pytest.mark.lab
@ASKED
def test_people_may_ask_them_in_postgresql(
    question: str, answer: list[dict[str, object]], tmp_path: Path, postgres: Server
) -> None:
    test_questions_that_people_ask_first_are_answered_rightly(question, answer, tmp_path)
    postgres.ask("DROP ROLE IF EXISTS ann; CREATE ROLE ann LOGIN PASSWORD 'ann' IN ROLE marquee_reader")
    assert postgres.ask(question, user="ann", password="ann") != []


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
        assert labels <= {"kind", "end", "track", "measure", "bound"}
        for metric in registry.collect():
            assert f"`{metric.name}" in PAGE or metric.name.endswith("timestamp_seconds")
