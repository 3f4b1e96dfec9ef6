"""The judge's operating characteristics as a picture: how many are aborted, and how soon."""

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

from auto_deployment.report.characteristics import CharacteristicsRow
from auto_deployment.report.plots import ACCENT, MUTED, STYLE, draw_estimate, make_plain, name_colors, svg

WIDTH_IN, ROW_IN, FRAME_IN = 11.0, 0.32, 1.1


def characteristics_plot(rows: Sequence[CharacteristicsRow]) -> bytes:
    """Draw one line a situation as SVG: the share of aborted releases, and the minutes until the abort."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, FRAME_IN + ROW_IN * len(rows)), layout="constrained")
        shares, minutes = figure.subplots(1, 2, sharey=True)
        for place, row in enumerate(rows):
            color = ACCENT if row.to_blame else MUTED
            low, high = 100 * row.aborted_low, 100 * row.aborted_high
            draw_estimate(shares, place, (low, 100 * row.aborted, high), color)
            if row.minutes is not None:
                draw_estimate(minutes, place, row.minutes, color)
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
            axes.minorticks_off()
            make_plain(axes)
        name_colors(shares, {MUTED: "the candidate is not to blame", ACCENT: "the candidate is worse"})
        return svg(figure)
