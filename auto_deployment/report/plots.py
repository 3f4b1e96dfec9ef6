"""Measured values as pictures inside of a page: SVG data addresses, the same numbers the same bytes."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Estimate = Mapping[str, float | None]

ACCENT, MUTED, TEXT, GRID = "#0b6e4f", "#8a94a3", "#27303b", "#e3e7ec"
WIDTH_IN = 7.4
ROW_IN = 0.34
FRAME_IN = 1.0
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "marquee",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": GRID,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}


def estimate_plot(rows: Sequence[tuple[str, Estimate]], label: str, highlighted: str) -> str:
    """Draw one point with its interval for each name, first on top; return the picture's address."""
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = _figure(len(rows), 1)
        for place, (name, estimate) in enumerate(rows):
            _point(axes, place, estimate, ACCENT if name == highlighted else MUTED, with_value=True)
        _name_rows(axes, [name for name, _ in rows])
        axes.set_xlabel(label)
        axes.margins(x=0.12)
        return _address(figure)


def pair_plot(
    names: Sequence[str],
    panels: Sequence[tuple[str, Sequence[Estimate], Sequence[Estimate], tuple[str, str]]],
) -> str:
    """Draw panels side by side, in each an accented and a muted estimate per name; return the address.

    A panel is its axis label, the accented estimates, the muted ones, and what the two are called.
    """
    with matplotlib.rc_context(STYLE):
        figure, all_axes = _figure(len(names) + 0.8, len(panels))
        for axes, (label, accented, muted, called) in zip(all_axes, panels, strict=True):
            for place, (one, other) in enumerate(zip(accented, muted, strict=True)):
                _point(axes, place - 0.14, one, ACCENT)
                _point(axes, place + 0.14, other, MUTED)
            _name_rows(axes, names if axes is all_axes[0] else [""] * len(names))
            axes.set_xlabel(label)
            axes.locator_params(axis="x", nbins=4)
            name_colors(axes, dict(zip((ACCENT, MUTED), called, strict=True)))
        return _address(figure)


def _figure(rows: float, columns: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH_IN, FRAME_IN + ROW_IN * rows), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _point(axes: Axes, place: float, estimate: Estimate, color: str, with_value: bool = False) -> None:
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is None:
        axes.text(0.01, place, "unknown", transform=axes.get_yaxis_transform(), va="center", color=MUTED)
        return
    draw_estimate(axes, place, (low, value, high), color)
    if with_value:
        right = value if high is None else high
        axes.annotate(
            f"{value:.3f}",
            (right, place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=color,
        )


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    make_plain(axes)


def draw_estimate(
    axes: Axes, place: float, estimate: tuple[float | None, float, float | None], color: str
) -> None:
    """Draw a value with its interval, where it has one: low, value, high."""
    low, value, high = estimate
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=color, linewidth=2.2, solid_capstyle="round")
    axes.plot([value], [place], "o", color=color, markersize=6)


def name_colors(axes: Axes, called: Mapping[str, str]) -> None:
    """Say above the axes what each color stands for."""
    for color, name in called.items():
        axes.plot([], [], "o-", color=color, label=name, markersize=5, linewidth=2)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, frameon=False, fontsize=9)


def make_plain(axes: Axes) -> None:
    """Leave of the frame what helps to read a value off."""
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def svg(figure: Figure) -> bytes:
    file = io.BytesIO()
    no_date: dict[str, Any] = {"Date": None}
    figure.savefig(file, format="svg", metadata=no_date)
    return file.getvalue()


def _address(figure: Figure) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg(figure)).decode()}"
