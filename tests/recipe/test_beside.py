"""Load and resources in one table and one plot, and what autoscaling is proposed."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.recipe.beside import COLUMNS, rows, totals
from auto_deployment.recipe.goal import read_goal
from auto_deployment.recipe.load.figures import Window, figures
from auto_deployment.recipe.load.table import Minute
from auto_deployment.recipe.plots import beside_plot
from auto_deployment.recipe.resources.ports import Look, ServiceUse
from auto_deployment.recipe.resources.table import Seen, read_table
from auto_deployment.recipe.resources.watch import COLUMNS as WATCHED
from auto_deployment.recipe.resources.watch import rows as watched
from auto_deployment.recipe.rows import RowsFile
from auto_deployment.recipe.search.find import Recipe, find
from auto_deployment.recipe.search.scaling import TARGET_MAX_PERCENT, Scaling, scaling
from auto_deployment.recipe.search.wish import Bounds, Wish
from tests.support.recipe.queue_bench import QueueBench
from tests.support.scripted_server import ScriptedServer, reply, scripted

BEGUN = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)


def seen(second: float, replicas: int, used: float | None = 0.1) -> Seen:
    use = ServiceUse("serving", replicas, 0.1 * replicas, 0.1 * replicas, used, 64.0 * replicas, None, 50.0)
    return Seen(BEGUN + timedelta(seconds=second), use)


@pytest.fixture
def minutes() -> list[Minute]:
    window = Window(seconds=10, answered_ms=[5.0] * 100)
    return [
        Minute(BEGUN + timedelta(seconds=10 * one), (one + 1) / 6, 10.0, figures([window]))
        for one in range(3)
    ]


def test_each_row_of_load_has_what_was_there_meanwhile(minutes: list[Minute]) -> None:
    found = [
        dict(zip(COLUMNS, one, strict=True))
        for one in rows(minutes, [seen(-5, 9), seen(0, 1, None), seen(5, 2, 0.15), seen(10, 3), seen(30, 9)])
    ]
    assert [one["service"] for one in found] == ["serving", "serving"]  # of the third nothing is known
    assert (found[0]["replicas_min"], found[0]["replicas_max"], found[0]["cpu_used"]) == (1, 2, 0.15)
    assert found[0]["cpu_requested"] == pytest.approx(0.15)
    assert (found[1]["minute"], found[1]["requests"]) == (2 / 6, 100)


def test_what_is_found_holds_until_the_next_look(minutes: list[Minute]) -> None:
    (total,) = totals(minutes, [seen(0, 1), seen(10, 3), seen(20, 2)])
    assert total.replicas == (1, 3)
    assert total.core_s == pytest.approx(10 * 0.1 + 10 * 0.3 + 10 * 0.2)
    assert total.gb_s == pytest.approx(10 * 0.064 * 6)
    assert total.highest_core_s == pytest.approx(30 * 0.3)
    assert beside_plot(minutes, [seen(0, 1, None), seen(10, 3)], "level").startswith(b"<?xml")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted(lambda path, number: reply()) as one:
        yield one


def test_the_command_puts_both_tables_side_by_side(server: ScriptedServer, tmp_path: Path) -> None:
    table, out = tmp_path / "resources.csv", tmp_path / "load.csv"
    file, now = RowsFile(table, WATCHED), datetime.now(UTC)
    for second in range(60):
        use = replace(seen(0, 2).use, cpu_used=None, memory_limit_mb=None)
        file.add(watched(Look(second, [use]), f"{now + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"))
    assert read_table(table)[0].use == use
    words = ["--clients=1", "--minutes=0.05", "--row=1s", "--step=1s", f"--resources={table}", f"--out={out}"]
    assert main(["load", server.url, *words]) == 0
    assert len(list(csv.DictReader(out.read_text().splitlines()))) == 3
    beside = list(csv.DictReader((tmp_path / "load.beside.csv").read_text().splitlines()))
    assert beside
    assert {(one["service"], one["replicas_max"], one["cpu_requested"]) for one in beside} == {
        ("serving", "2", "0.2")
    }
    assert (tmp_path / "load.beside.svg").exists()


@pytest.mark.parametrize("content", [None, "time,seconds\n", "\xff"])
def test_what_is_no_table_of_resources_is_refused_before_anything_is_asked(
    content: str | None, server: ScriptedServer, tmp_path: Path
) -> None:
    table = tmp_path / "resources.csv"
    if content is not None:
        table.write_text(content, "latin-1")
    assert (
        main(["load", server.url, "--rate=5", f"--resources={table}", f"--out={tmp_path / 'load.csv'}"]) == 2
    )
    assert server.heads == []


def recipe(rate: float, cpus: tuple[float, ...] = (1.0,)) -> Recipe:
    bounds = Bounds(cpus, (1,), (2,), (1, 2, 3, 4))
    return find(QueueBench(), Wish(read_goal("p95<50ms"), rate, bounds=bounds))


def test_another_instance_is_started_before_one_bears_more_than_was_verified() -> None:
    # Of 200/s a core, two bear 270/s; at the steps of the peak, 95 % of it, they use 64 % of their cores.
    found = recipe(270)
    assert scaling(found) == Scaling(min_replicas=1, max_replicas=2, target_percent=64)


def test_a_target_leaves_the_autoscaler_something_to_see() -> None:
    found = recipe(270)
    assert TARGET_MAX_PERCENT == 80
    busy = replace(
        found.chosen.runs[-1], steps=tuple(replace(one, cpu_used=2.0) for one in found.chosen.runs[-1].steps)
    )
    chosen = replace(found.chosen, runs=(busy,))
    assert scaling(replace(found, chosen=chosen)) == Scaling(1, 2, 80)
    unknown = tuple(replace(one, cpu_used=None) for one in busy.steps)
    assert scaling(replace(found, chosen=replace(chosen, runs=(replace(busy, steps=unknown),)))) is None
