"""How load changes from step to step."""

import pytest

from auto_deployment.recipe.load.shapes import SHAPES, cut, plan, whole_clients


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("total_s", [60.0, 90.0, 600.0, 2400.0])
def test_every_shape_fills_the_time_and_reaches_its_highest_level_and_no_more(
    shape: str, total_s: float
) -> None:
    steps = plan(shape, 80.0, 60.0, total_s, seed=3)
    assert sum(step.seconds for step in steps) == pytest.approx(total_s)
    assert all(0 < step.level <= 80.0 for step in steps)
    # A wave of one or two steps has no room for its top.
    assert max(step.level for step in steps) == pytest.approx(80.0) or (shape == "wave" and total_s < 120)


def test_the_same_seed_gives_the_same_spikes_and_another_one_others() -> None:
    assert plan("spike", 10, 60, 6000, 1) == plan("spike", 10, 60, 6000, 1)
    assert plan("spike", 10, 60, 6000, 1) != plan("spike", 10, 60, 6000, 2)


def test_shapes_are_what_they_are_called() -> None:
    def levels(shape: str, count: int) -> list[float]:
        return [round(step.level, 2) for step in plan(shape, 1.0, 1.0, count, 1)]

    assert levels("constant", 3) == [1, 1, 1]
    assert levels("ramp", 4) == [0.25, 0.5, 0.75, 1]
    assert levels("steps", 8) == [0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert levels("wave", 10) == [0.2, 0.28, 0.48, 0.72, 0.92, 1, 0.92, 0.72, 0.48, 0.28]
    assert sorted(levels("spike", 20)) == [0.2] * 18 + [1.0] * 2


def test_clients_are_whole_and_at_least_one() -> None:
    assert [step.level for step in whole_clients(plan("ramp", 3, 1, 9, 1))] == [1, 1, 1, 1, 2, 2, 2, 3, 3]


def test_windows_are_cut_at_minutes_whatever_the_steps() -> None:
    windows = cut(plan("ramp", 4.0, 45.0, 170.0, 1), 60.0)
    assert [sum(step.seconds for step in window) for window in windows] == pytest.approx([60, 60, 50])
    assert [[step.seconds for step in window] for window in windows] == [[45, 15], [30, 30], [15, 35]]
