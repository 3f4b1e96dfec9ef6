"""Load, resources and a recipe as pictures (SVG)."""

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from auto_deployment.recipe.goal import Limit
from auto_deployment.recipe.load.table import Minute
from auto_deployment.recipe.resources.ports import Look
from auto_deployment.recipe.search.find import Recipe
from auto_deployment.recipe.search.sweep import Swept
from auto_deployment.report.plots import ACCENT, GRID, MUTED, STYLE, svg

WIDTH_IN, PANEL_IN = 8.0, 2.1
COLORS = (ACCENT, "#c9a227", "#3b6fb6", "#b3261e", "#7b4fa3", MUTED, "#8fc9b4", "#d98c4a")
LIMIT = "#b3261e"
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
        _finish(rates, "Answered requests a minute")
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


def recipe_plot(recipe: Recipe) -> bytes:
    """Draw for each size what was measured (dots) and fitted (line), a panel for each limit of the goal."""
    limits = recipe.wish.goal.limits
    with matplotlib.rc_context(STYLE):
        figure, panels = _panels(len(limits), 3.6)
        for axes, limit in zip(panels, limits, strict=True):
            for turn, swept in enumerate(recipe.best):
                _curve(axes, swept, limit, COLORS[turn % len(COLORS)])
            axes.axhline(limit.below_ms, color=LIMIT, linewidth=1, linestyle=(0, (4, 3)))
            _finish(axes, f"{limit.measure} of one instance, ms")
            axes.set_ylim(0, 2 * limit.below_ms)
        panels[-1].set_xlabel("requests a second")
        return svg(figure)


def _curve(axes: Axes, swept: Swept, limit: Limit, color: str) -> None:
    found = [(one.measured.rate, one.measured.figures.of(limit.measure)) for one in swept.points]
    dots = [(rate, ms) for rate, ms in found if ms is not None]
    axes.plot(
        [x for x, _ in dots], [y for _, y in dots], "o", color=color, label=str(swept.size), markersize=5
    )
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


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(axes.get_lines()) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.06, 0.5), frameon=False, fontsize=8)
