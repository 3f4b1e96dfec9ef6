"""The judge's operating characteristics as a picture: how many are aborted, and how soon."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from auto_deployment.report.characteristics import Row
from auto_deployment.report.plots import ACCENT, GRID, MUTED, STYLE

WIDTH_IN, ROW_IN, FRAME_IN = 11.0, 0.32, 1.1


def characteristics_plot(rows: Sequence[Row]) -> bytes:
    """Draw one line a situation as SVG: the share of aborted releases, and the minutes until the abort."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, FRAME_IN + ROW_IN * len(rows)), layout="constrained")
        shares, minutes = figure.subplots(1, 2, sharey=True)
        for place, row in enumerate(rows):
            color = ACCENT if row.to_blame else MUTED
            low, high = 100 * row.aborted_low, 100 * row.aborted_high
            shares.plot([low, high], [place, place], color=color, linewidth=2.2, solid_capstyle="round")
            shares.plot([100 * row.aborted], [place], "o", color=color, markersize=6)
            _draw_minutes(minutes, place, row, color)
        shares.set_xscale("symlog", linthresh=1, linscale=1)
        shares.set_xticks([0, 0.5, 1, 10, 100], ["0", "0.5", "1", "10", "100"])
        shares.set_xlim(-0.05, 130)
        shares.axvline(1, color=MUTED, linewidth=1, linestyle=":")
        shares.set_xlabel("aborted, % of releases,\nwith 95 % interval")
        minutes.set_xscale("log")
        minutes.set_xticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])
        minutes.set_xlabel("minutes until the abort:\nmedian, 10 % to 90 %")
        minutes.set_xlim(0.8, 800)
        shares.set_yticks(range(len(rows)), [row.name for row in rows])
        shares.set_ylim(len(rows) - 0.5, -0.5)
        for axes in (shares, minutes):
            _plain(axes)
        _name_colors(shares)
        return _svg(figure)


def _draw_minutes(axes: Axes, place: int, row: Row, color: str) -> None:
    if row.minutes is None:
        return
    low, median, high = row.minutes
    axes.plot([low, high], [place, place], color=color, linewidth=2.2, solid_capstyle="round")
    axes.plot([median], [place], "o", color=color, markersize=6)


def _plain(axes: Axes) -> None:
    axes.minorticks_off()
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _name_colors(axes: Axes) -> None:
    for color, name in ((MUTED, "the candidate is not to blame"), (ACCENT, "the candidate is worse")):
        axes.plot([], [], "o-", color=color, label=name, markersize=5, linewidth=2)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, frameon=False, fontsize=9)


def _svg(figure: Figure) -> bytes:
    file = io.BytesIO()
    no_date: dict[str, Any] = {"Date": None}
    figure.savefig(file, format="svg", metadata=no_date)
    return file.getvalue()
