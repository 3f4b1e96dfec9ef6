"""The search for the cheapest deployment, on a bench of queues whose right answer is known."""

import pytest

from auto_deployment.errors import MarqueeError
from auto_deployment.recipe.goal import read_goal
from auto_deployment.recipe.plots import recipe_plot
from auto_deployment.recipe.search.find import find
from auto_deployment.recipe.search.page import COLUMNS, page, rows
from auto_deployment.recipe.search.ports import Size
from auto_deployment.recipe.search.wish import Bounds, Wish
from tests.support.recipe.queue_bench import QueueBench

# The 95th percentile of M/M/1 is 3 / (capacity - rate): below 50 ms with 60 requests/s to spare.
# So of cores of 200/s a quarter bears nothing, half a core 40/s, one core 140/s, two cores 340/s.
BOUNDS = Bounds(cpus=(0.25, 0.5, 1.0, 2.0), workers=(1, 2), threads=(2,), replicas=(1, 2, 3, 4))
PRICES = (10.0, 1.0)


def wish(rate: float, **changes: object) -> Wish:
    return Wish(read_goal("p95<50ms"), rate, **{"bounds": BOUNDS, "prices": PRICES, **changes})  # type: ignore[arg-type]


def test_the_cheapest_that_meets_the_goal_is_proposed_and_the_next_cheaper_one_is_shown_to_miss_it() -> None:
    bench = QueueBench()
    found = find(bench, wish(130))
    assert (found.chosen.deployment.size.cpu, found.chosen.deployment.replicas) == (1.0, 1)
    assert found.chosen.missed is None
    assert found.cheaper is not None
    assert found.cheaper.deployment.cost < found.chosen.deployment.cost
    assert found.cheaper.missed is not None
    assert len(found.cheaper.runs) == 2  # one miss may be a stall of the host
    assert bench.open_now == 0


def test_what_is_proposed_was_run_with_the_limits_that_are_proposed() -> None:
    bench = QueueBench()
    found = find(bench, wish(130))
    assert (found.chosen.deployment.size, 1) in bench.opened_sizes
    # 140 MB at the most, a quarter more, in steps of 16.
    assert found.chosen.deployment.size == Size(cpu=1.0, workers=1, threads=2, memory_mb=176)


def test_several_instances_are_proposed_where_one_is_not_enough() -> None:
    found = find(QueueBench(), wish(270, bounds=Bounds((1.0,), (1,), (2,), (1, 2, 3))))
    assert found.chosen.deployment.replicas == 2
    assert found.cheaper is not None
    assert found.cheaper.deployment.replicas == 1


def test_a_price_of_memory_decides_between_a_large_one_and_several_small_ones() -> None:
    bounds = Bounds((1.0, 2.0), (1,), (2,), (1, 2, 3))
    by_memory = find(QueueBench(), wish(270, bounds=bounds, prices=(0.001, 100.0)))
    assert (by_memory.chosen.deployment.size.cpu, by_memory.chosen.deployment.replicas) == (2.0, 1)


def test_a_fit_that_hoped_too_much_is_put_right_by_verifying() -> None:
    found = find(QueueBench(lie=0.8), wish(130))
    assert found.verified[0].missed is not None
    assert found.chosen.missed is None
    assert found.cheaper == found.verified[-2]


def test_a_fit_that_hoped_too_little_is_put_right_by_verifying() -> None:
    found = find(QueueBench(lie=3.0), wish(130))
    assert found.chosen.deployment.size.cpu * found.chosen.deployment.replicas < 1
    assert found.chosen.missed is None
    place = found.verified.index(found.chosen)
    assert place == len(found.verified) - (1 if found.cheaper is None else 2)


def test_instances_with_a_name_each_have_their_number_and_bear_their_share() -> None:
    shares = (0.4, 0.4, 0.2)
    found = find(QueueBench(shares=shares), wish(300, shares=shares))
    # The busiest gets 120/s: one core each.
    assert (found.chosen.deployment.size.cpu, found.chosen.deployment.replicas) == (1.0, 3)


def test_more_cores_than_there_are_is_never_proposed() -> None:
    with pytest.raises(MarqueeError, match="out of reach within the bounds and the 1 cores here"):
        find(QueueBench(cores=1.0), wish(270))


def test_a_goal_that_nothing_meets_is_said_in_one_sentence() -> None:
    impossible = Wish(read_goal("p95<1ms"), 100, BOUNDS)
    with pytest.raises(MarqueeError, match="No size met p95<1ms") as stop:
        find(QueueBench(), impossible)
    assert "\n" not in str(stop.value)


def test_a_goal_that_the_fit_promises_and_no_run_meets_is_refused() -> None:
    with pytest.raises(MarqueeError, match="under varying load; the dearest"):
        find(QueueBench(lie=0.01), wish(130))


def test_a_goal_that_is_met_is_met_however_late_the_sender_was() -> None:
    found = find(QueueBench(late_ms=30.0), wish(30, bounds=Bounds((1.0,), (1,), (2,), (1,))))
    assert found.chosen.missed is None


def test_a_miss_that_a_late_sender_saw_proposes_nothing() -> None:
    bench = QueueBench(late_ms=30.0)
    with pytest.raises(MarqueeError, match="could not send"):
        find(bench, wish(130))
    assert bench.open_now == 0


def test_the_page_table_and_plot_say_what_was_measured() -> None:
    found = find(QueueBench(), wish(130))
    text = page(found, "serving")
    assert f"Proposed: **{found.chosen.deployment}**" in text
    assert "missed the goal twice" in text
    table = rows(found)
    assert {len(row) for row in table} == {len(COLUMNS)}
    assert sum(len(one.points) for one in found.swept) == sum(row[0] == "one" for row in table)
    assert recipe_plot(found).startswith(b"<?xml")
