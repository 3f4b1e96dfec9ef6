"""A recipe as a page of Markdown and as a table of all that was measured."""

from collections.abc import Iterator

from auto_deployment.host.durations import duration
from auto_deployment.recipe.rows import Value
from auto_deployment.recipe.search.find import Recipe
from auto_deployment.recipe.search.ports import Measured
from auto_deployment.recipe.search.sweep import Swept
from auto_deployment.recipe.search.verify import Verified

COLUMNS = (
    "what", "cpu", "memory_mb", "workers", "threads", "replicas", "rate_per_s", "answered_per_s",
    "availability_percent", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "cpu_used", "memory_used_mb",
    "sent_late_p99_ms", "missed",
)  # fmt: skip


def page(recipe: Recipe, services: str) -> str:
    """Say what is proposed, why, and what was not measured."""
    return "\n".join([*_proposal(recipe, services), "", *_sizes(recipe), "", *_runs(recipe), ""])


def _proposal(recipe: Recipe, services: str) -> Iterator[str]:
    wish, chosen = recipe.wish, recipe.chosen.deployment
    yield "# Recipe"
    yield ""
    yield f"Goal: {wish.goal} at {wish.rate:g} requests/s, of {services}."
    yield f"Proposed: **{chosen}**, cost {chosen.cost:.2f}."
    yield (
        f"Prices: {wish.prices[0]:g} a core, {wish.prices[1]:g} a GB. Measured on a host with "
        f"{recipe.cores:g} cores, the sender on them, too; deployments with more cores were not measured and "
        "are not proposed."
    )
    if recipe.cheaper is None:
        yield "Within the bounds there is nothing cheaper."
    else:
        cheaper, missed = recipe.cheaper.deployment, recipe.cheaper.missed
        less = f", {1 - cheaper.cost / chosen.cost:.0%} less" if chosen.cost else ""
        yield (
            f"The next cheaper one, {cheaper}, would have cost {cheaper.cost:.2f}{less}, and missed the goal "
            f"twice: {missed}."
        )


def _sizes(recipe: Recipe) -> Iterator[str]:
    measures = [limit.measure for limit in recipe.wish.goal.limits]
    yield "## One instance"
    yield ""
    yield "| size | highest rate that met the goal | bears by the fit | CPU a request | memory | fit |"
    yield "|---|---|---|---|---|---|"
    for one in recipe.swept:
        memory = "unknown" if one.memory_mb is None else f"{one.memory_mb:.0f} MB"
        fits = "; ".join(_fit(one, measure) for measure in measures)
        bears = one.bears(recipe.wish.goal)
        yield f"| {one.size} | {one.held:.0f}/s | {bears:.0f}/s | {_cost_of_one(one)} | {memory} | {fits} |"


def _fit(swept: Swept, measure: str) -> str:
    curve = swept.curve(measure)
    if curve is None:
        return f"{measure}: too few levels"
    return (
        f"{measure} = {curve.floor_ms:.1f} + {curve.growth_ms:.2f} r / ({curve.capacity:.0f} - r) ms, "
        f"off by {curve.error:.0%}"
    )


def _cost_of_one(swept: Swept) -> str:
    """Return what a request costs at the highest rate, by the utilisation law: cores by answers a second."""
    point = swept.points[-1].measured
    answered = point.figures.rate_per_min / 60
    return (
        f"{1e6 * point.cpu_used / answered:.0f} us" if point.cpu_used is not None and answered else "unknown"
    )


def _runs(recipe: Recipe) -> Iterator[str]:
    wish = recipe.wish
    yield f"## Under varying load ({wish.shape}, {duration(wish.verify_s)}, up to {wish.rate:g}/s)"
    yield ""
    yield "| deployment | cost | run | p50 | p95 | p99 | at its peaks |"
    yield "|---|---|---|---|---|---|---|"
    for one in recipe.verified:
        for number, run in enumerate(one.runs, 1):
            times = " | ".join(_ms(run.peak.of(name)) for name in ("p50", "p95", "p99"))
            cost, peaks = f"{one.deployment.cost:.2f}", run.missed or "met"
            yield f"| {one.deployment} | {cost} | {number} | {times} | {peaks} |"


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} ms"


def rows(recipe: Recipe) -> list[list[Value]]:
    """Return the values of `COLUMNS` for everything that was measured."""
    found = [
        _row("one", _words(swept), point.measured, point.missed)
        for swept in recipe.swept
        for point in swept.points
    ]
    for verified in recipe.verified:
        for number, run in enumerate(verified.runs, 1):
            found += [_row(f"run {number}", _whole(verified), step, None) for step in run.steps]
    return found


def _words(swept: Swept) -> list[Value]:
    return [swept.size.cpu, None, swept.size.workers, swept.size.threads, 1]


def _whole(verified: Verified) -> list[Value]:
    size = verified.deployment.size
    return [size.cpu, size.memory_mb, size.workers, size.threads, verified.deployment.replicas]


def _row(what: str, size: list[Value], measured: Measured, missed: str | None) -> list[Value]:
    found = measured.figures
    return [
        what, *size, measured.rate, found.rate_per_min / 60, 100 * found.availability,
        *(found.of(name) for name in ("mean", "p50", "p95", "p99")), measured.cpu_used, measured.memory_mb,
        found.sent_late_ms, missed,
    ]  # fmt: skip
