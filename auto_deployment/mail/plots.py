"""Plots for mails: PNG, narrow enough to be read on a phone, light in colour so that they can be inverted."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any, Protocol

import matplotlib
import matplotlib.dates as dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from auto_deployment.report.plots import ACCENT, GRID, MUTED, STYLE

WIDTH_IN, DPI = 4.4, 220
COLORS = {"stable": MUTED, "canary": ACCENT}
KINDS = (ACCENT, "#8fc9b4", "#c9a227", MUTED)
LIMIT = "#b3261e"
MANY = 30  # more points than this are drawn without markers


class Counts(Protocol):
    """What one track saw in one tick."""

    @property
    def users(self) -> int: ...
    @property
    def newly_bad(self) -> int: ...


class TrackTick(Protocol):
    """One evaluation of both tracks, "stable" and "canary"."""

    @property
    def time(self) -> datetime: ...
    @property
    def counts(self) -> Mapping[str, Counts]: ...
    @property
    def mean_latency_ms(self) -> Mapping[str, float | None]: ...
    @property
    def metrics_available(self) -> bool: ...


def tracks_plot(ticks: Sequence[TrackTick], mean_latency_max_ms: float | None) -> bytes:
    """Draw both tracks over the window: mean latency, and the share of users who had a bad answer."""
    with matplotlib.rc_context(_style()):
        figure = Figure(figsize=(WIDTH_IN, 3.9), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        times = [tick.time for tick in ticks]
        for track, color in COLORS.items():
            found = (tick.mean_latency_ms.get(track) for tick in ticks)
            means = [float("nan") if mean is None else mean for mean in found]
            _line(above, times, means, color, track)
            _line(below, times, _bad_shares(ticks, track), color, track)
        if mean_latency_max_ms is not None:
            above.axhline(mean_latency_max_ms, color=LIMIT, linewidth=1, linestyle=(0, (4, 3)))
            above.annotate(
                "limit", (0, mean_latency_max_ms), (2, -2), xycoords=above.get_yaxis_transform(),
                textcoords="offset points", va="top", color=LIMIT, fontsize=8.5,
            )  # fmt: skip
        above.set_title("Mean latency, ms", loc="left")
        below.set_title("Users with a bad answer so far, %", loc="left")
        for axes in (above, below):
            _gaps(axes, ticks)
            _frame(axes)
            axes.set_ylim(bottom=0)
        above.legend(loc="lower right", bbox_to_anchor=(1.01, 0.98), ncols=2, frameon=False, fontsize=9)
        _time_axis(below, times)
        return _png(figure)


def days_plot(days: Sequence[tuple[date, Mapping[str, int]]], kinds: Sequence[str]) -> bytes:
    """Draw the events of each day, kinds on top of one another."""
    with matplotlib.rc_context(_style()):
        figure = Figure(figsize=(WIDTH_IN, 2.3), layout="constrained")
        axes = figure.subplots()
        times = [datetime.combine(day, time(12), UTC) for day, _ in days]
        bottom = [0] * len(days)
        for kind, color in zip(kinds, KINDS * len(kinds), strict=False):
            counts = [by_kind.get(kind, 0) for _, by_kind in days]
            axes.bar([_days(one) for one in times], counts, 0.86, bottom, color=color, label=kind)
            bottom = [low + count for low, count in zip(bottom, counts, strict=True)]
        axes.set_title("Events a day", loc="left")
        axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.98), ncols=3, frameon=False, fontsize=9)
        _frame(axes)
        _time_axis(axes, times)
        return _png(figure)


def _style() -> dict[Any, Any]:
    return STYLE | {
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
    }


def _bad_shares(ticks: Sequence[TrackTick], track: str) -> list[float]:
    """Return the share so far, in percent, at each tick; not a number before the first user."""
    users = bad = 0
    shares = []
    for tick in ticks:
        if counts := tick.counts.get(track):
            users, bad = users + counts.users, bad + counts.newly_bad
        shares.append(100 * bad / users if users else float("nan"))
    return shares


def _line(axes: Axes, times: Sequence[datetime], values: Sequence[float], color: str, name: str) -> None:
    marker = "" if len(times) > MANY else "o"
    axes.plot(
        [_days(one) for one in times],
        values,
        color=color,
        label=name,
        linewidth=2,
        marker=marker,
        markersize=4,
    )


def _gaps(axes: Axes, ticks: Sequence[TrackTick]) -> None:
    """Shade where metrics were unavailable: the window stood still there."""
    for before, tick in pairwise(ticks):
        if not tick.metrics_available:
            axes.axvspan(_days(before.time), _days(tick.time), color=GRID, linewidth=0)


def _frame(axes: Axes) -> None:
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,.10g}"))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _time_axis(axes: Axes, times: Sequence[datetime]) -> None:
    within_a_day = (times[-1] - times[0]).total_seconds() <= 26 * 3600
    form = "%H:%M" if within_a_day else "%-d %b"
    axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda at, place: f"{datetime.fromtimestamp(round(at * 86_400), UTC):{form}}")
    )
    if within_a_day:
        axes.set_xlabel(f"{times[0]:%-d %B %Y}, UTC", loc="right", fontsize=8.5)
    if len(times) == 1:  # a point has no width
        around = _days(times[0])
        axes.set_xlim(around - 0.02, around + 0.02)


def _days(time: datetime) -> float:
    """Return what the package counts in: days since 1970."""
    return time.timestamp() / 86_400


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    nothing: dict[str, Any] = {"Software": None}
    figure.savefig(file, format="png", dpi=DPI, metadata=nothing, facecolor="white")
    return file.getvalue()
