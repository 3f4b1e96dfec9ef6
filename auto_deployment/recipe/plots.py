"""Load, resources and a recipe as pictures (SVG)."""

from collections.abc import Sequence
from itertools import accumulate

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from auto_deployment.recipe.beside import within
from auto_deployment.recipe.goal import Limit
from auto_deployment.recipe.load.table import Minute
from auto_deployment.recipe.resources.ports import Look
from auto_deployment.recipe.resources.table import Seen, of_services
from auto_deployment.recipe.search.find import Recipe
from auto_deployment.recipe.search.sweep import Swept
from auto_deployment.report.plots import ACCENT, GRID, MUTED, STYLE, svg

WIDTH_IN, PANEL_IN = 8.0, 2.1
COLORS = (ACCENT, "#c9a227", "#3b6fb6", "#b3261e", "#7b4fa3", MUTED, "#8fc9b4", "#d98c4a")
LIMIT = "#b3261e"
BESIDE, BESIDE_LEVELS = 1.06, 1.2  # where the legend begins: a second axis has its numbers before it
NONE = float("nan")


def load_plot(minutes: Sequence[Minute], unit: str) -> bytes:
    """Draw response times, rate and availability over the minutes; `unit` is that of the level."""
    with matplotlib.rc_context(STYLE):
        figure, (times, rates, available) = _panels(3)
        places = [minute.number for minute in minutes]
        for color, name in zip(COLORS, ("p50", "p95", "p99", "mean"), strict=False):
            values = [minute.figures.of(name) for minute in minutes]
            _line(times, places, [NONE if value is None else value for value in values], color, name)
        _line(rates, places, [one.figures.rate_per_min for one in minutes], ACCENT, "answered a minute")
        _line(
            available, places, [100 * one.figures.availability for one in minutes], ACCENT, "availability, %"
        )
        levels = rates.twinx()
        levels.step(places, [minute.level for minute in minutes], where="mid", color=MUTED, linewidth=1)
        levels.set_ylabel(f"{unit}, grey", color=MUTED)
        levels.set_ylim(bottom=0)
        _finish(times, "Response time, ms")
        _finish(rates, "Answered requests a minute", BESIDE_LEVELS)
        _finish(available, "Available, %")
        available.set_xlabel("minute")
        return svg(figure)


def resources_plot(looks: Sequence[Look]) -> bytes:
    """Draw cores and memory of the services over time."""
    with matplotlib.rc_context(STYLE):
        figure, (cores, memory) = _panels(2, 3.0)
        places = [look.seconds for look in looks]
        names = list(dict.fromkeys(use.service for look in looks for use in look.services))
        for turn, name in enumerate(names):
            uses = [look.of(name) for look in looks]
            color, style = COLORS[turn % len(COLORS)], ("-", "--", ":")[turn // len(COLORS) % 3]
            used = [NONE if use is None or use.cpu_used is None else use.cpu_used for use in uses]
            _line(cores, places, used, color, name, style)
            held = [NONE if use is None else use.memory_used_mb for use in uses]
            _line(memory, places, held, color, name, style)
        _finish(cores, "Cores used")
        _finish(memory, "Memory used, MB")
        memory.set_xlabel("seconds")
        return svg(figure)


def beside_plot(minutes: Sequence[Minute], seen: Sequence[Seen], unit: str) -> bytes:
    """Draw load above what was there for it: rate, p95, failures, replicas, cores requested and used."""
    begun = minutes[0].begun
    looks = of_services(within(seen, begun, minutes[-1].ended))
    with matplotlib.rc_context(STYLE):
        figure, (rates, times, replicas, cores) = _panels(4)
        ends = [(one.ended - begun).total_seconds() / 60 for one in minutes]
        _line(rates, ends, [one.figures.rate_per_min / 60 for one in minutes], ACCENT, "answered a second")
        failed = [one.figures.failed / one.figures.seconds for one in minutes]
        _line(rates, ends, failed, LIMIT, "failed a second")
        rates.step(ends, [one.level for one in minutes], where="pre", color=MUTED, linewidth=1, label=unit)
        p95 = [one.figures.of("p95") for one in minutes]
        _line(times, ends, [NONE if value is None else value for value in p95], ACCENT, "p95")
        for color, (name, of_one) in zip(COLORS, looks.items(), strict=False):
            places = [(one.moment - begun).total_seconds() / 60 for one in of_one]
            counts = [one.use.replicas for one in of_one]
            replicas.step(places, counts, where="post", color=color, linewidth=1.6, label=name)
            used = [NONE if (value := one.use.cpu_used) is None else value for one in of_one]
            _line(cores, places, used, color, f"{name}, used")
            asked = [NONE if (value := one.use.cpu_requested) is None else value for one in of_one]
            cores.step(places, asked, where="post", color=color, linewidth=1, label=f"{name}, requested")
        titles = ("Requests a second", "p95, ms", "Replicas", "Cores")
        for axes, title in zip((rates, times, replicas, cores), titles, strict=True):
            _finish(axes, title)
        cores.set_xlabel("minutes")
        return svg(figure)


def recipe_plot(recipe: Recipe) -> bytes:
    """Draw for each limit of the goal one instance at growing load, and what was verified over its steps.

    Dots were measured, those beyond the picture are triangles; lines of sizes are fitted. Under varying load
    there are the proposal and the next cheaper deployment, each with its last run.
    """
    limits = recipe.wish.goal.limits
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 6.4 * len(limits)), layout="constrained")
        panels = list(figure.subplots(2 * len(limits), 1, squeeze=False)[:, 0])
        for limit, one, varying in zip(limits, panels[::2], panels[1::2], strict=True):
            for turn, swept in enumerate(recipe.best):
                _curve(one, swept, limit, COLORS[turn % len(COLORS)])
            _verified(varying, recipe, limit)
            for axes in (one, varying):
                axes.axhline(limit.below_ms, color=LIMIT, linewidth=1, linestyle=(0, (4, 3)))
            _finish(one, f"{limit.measure} of one instance, ms")
            _finish(varying, f"{limit.measure} under varying load, ms (last runs)", BESIDE_LEVELS)
            for axes in (one, varying):
                axes.set_ylim(0, 2 * limit.below_ms)
            one.set_xlabel("requests a second")
            varying.set_xlabel("seconds")
        return svg(figure)


def _verified(axes: Axes, recipe: Recipe, limit: Limit) -> None:
    shown = [recipe.chosen, *([recipe.cheaper] if recipe.cheaper else [])]
    for color, one in zip((ACCENT, LIMIT), shown, strict=False):
        steps = one.runs[-1].steps
        ends_s = list(accumulate(step.window.seconds for step in steps))
        times = [step.figures.of(limit.measure) for step in steps]
        values = [NONE if value is None else value for value in times]
        _line(axes, ends_s, values, color, str(one.deployment))
    levels = axes.twinx()
    levels.step(ends_s, [step.rate for step in steps], where="pre", color=MUTED, linewidth=1)
    levels.set_ylabel("requests a second, grey", color=MUTED)
    levels.set_ylim(bottom=0)


def _curve(axes: Axes, swept: Swept, limit: Limit, color: str) -> None:
    found = [(one.measured.rate, one.measured.figures.of(limit.measure)) for one in swept.points]
    dots = [(rate, ms) for rate, ms in found if ms is not None]
    axes.plot(
        [x for x, _ in dots], [y for _, y in dots], "o", color=color, label=str(swept.size), markersize=5
    )
    beyond = [
        rate for rate, ms in found if ms is None or ms > 2 * limit.below_ms
    ]  # the highest that is drawn
    axes.plot(beyond, [1.96 * limit.below_ms] * len(beyond), "^", color=color, markersize=5)
    curve = swept.curve(limit.measure)
    if curve is not None:
        end = min(max(rate for rate, _ in dots), 0.999 * curve.capacity)
        rates = [end * part / 100 for part in range(101)]
        axes.plot(rates, [curve.at(rate) for rate in rates], color=color, linewidth=1.5)


def _panels(count: int, height_in: float = PANEL_IN) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH_IN, height_in * count), layout="constrained")
    return figure, list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])


def _line(
    axes: Axes, places: Sequence[float], values: Sequence[float], color: str, name: str, style: str = "-"
) -> None:
    axes.plot(
        places, values, color=color, label=name, linewidth=1.6, linestyle=style, marker=".", markersize=3
    )


def _finish(axes: Axes, title: str, beside: float = BESIDE) -> None:
    axes.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(axes.get_lines()) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(beside, 0.5), frameon=False, fontsize=8)
