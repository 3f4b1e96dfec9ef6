"""A plan in words for people, and as a table for the documentation. Pure but for the simulation itself."""

from collections.abc import Sequence

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.simulation.cases import CANARY_SHARE
from auto_deployment.release.judge.simulation.plan import (
    ENOUGH,
    HARMFUL_SHARES,
    HOUR_S,
    WINDOWS_H,
    Demand,
    Foreseen,
    Simulation,
    fitting_window,
)

LEAST_USERS = 100  # below, a sample shows next to nothing
HEADER = (
    "requests a day",
    "users of the canary in {window}",
    "harmless: promoted after {window}",
    "after {most}",
)


def plan(simulation: Simulation) -> str:
    """Say what to expect under one demand, and which settings fit it."""
    usual_s = simulation.params.window_s
    windows = sorted({*(hours * HOUR_S for hours in WINDOWS_H), usual_s})
    harmless = [simulation.harmless(window_s) for window_s in windows]
    fits_s = fitting_window(harmless)
    parts = [_head(simulation.demand, simulation.runs), _harmless(simulation, harmless)]
    parts += [_harmful(simulation, window_s) for window_s in sorted({usual_s, fits_s or usual_s})]
    return "\n".join([*parts, _advice(simulation, harmless, fits_s)])


def table(simulations: Sequence[Simulation]) -> str:
    """Return a Markdown table with a row for each demand, under the same parameters."""
    params = simulations[0].params
    names = {"window": duration(params.window_s), "most": duration(params.max_window_s)}
    harms = [f"found within {names['window']}: {percent(share)} of requests bad" for share in HARMFUL_SHARES]
    header = [*(one.format(**names) for one in HEADER), "shortest window that fits", *harms]
    rows = [header, ["---"] * len(header), *(_cells(one) for one in simulations)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def percent(share: float) -> str:
    """Return a share for people; what is nearly all is not called all."""
    shown = 100 * share
    if 99 < shown < 100:
        return f"{shown:.1f} %"
    return f"{shown:.0f} %" if shown >= 10 or shown == round(shown) else f"{shown:.2g} %"


def _head(demand: Demand, runs: int) -> str:
    return (
        f"{demand.requests:,.0f} requests a day by {demand.users:,.0f} users, {percent(demand.bad_share)} of "
        f"the requests bad as things are.\n{percent(CANARY_SHARE)} of the users meet a candidate. Of "
        f"{runs:,} simulated releases each, as if the same people came every day:\n"
    )


def _harmless(simulation: Simulation, harmless: Sequence[Foreseen]) -> str:
    lines = ["A candidate that is like stable, with a window of"]
    for one in harmless:
        users = simulation.demand.canary_users(one.window_s)
        now = "   <- window_s" if one.window_s == simulation.params.window_s else ""
        wrong = f", aborted {percent(one.aborted)}" if one.aborted else ""
        lines.append(
            f"  {duration(one.window_s):>6}  {users:>9,.0f} users of the canary   promoted at its end "
            f"{percent(one.promoted):>6}{wrong}{now}"
        )
    return "\n".join(lines) + "\n"


def _harmful(simulation: Simulation, window_s: float) -> str:
    lines = [f"A candidate that does harm, with a window of {duration(window_s)}"]
    for share, one in simulation.harmful(window_s):
        lines.append(f"  {percent(share):>6} of its requests are bad            {_found(one)}")
    lines.append(f"  popularity lists for twice as many users  {_found(simulation.without_users(window_s))}")
    return "\n".join(lines) + "\n"


def _found(one: Foreseen) -> str:
    times = ""
    if one.median_s is not None and one.nine_tenths_s is not None:
        median, most = duration(one.median_s), duration(one.nine_tenths_s)
        times = f", half of these within {median}, nine tenths within {most}"
    passed = f"; promoted all the same {percent(one.promoted)}" if one.promoted else ""
    return f"found {percent(one.aborted)}{times}{passed}"


def _advice(simulation: Simulation, harmless: Sequence[Foreseen], fits_s: float | None) -> str:
    demand, params, longest = simulation.demand, simulation.params, harmless[-1]
    window_s = fits_s or longest.window_s
    users = demand.canary_users(window_s)
    lines = ["What fits, in params.yaml (release.judge)"]
    if fits_s is not None:
        most_s = max(2 * fits_s, params.max_window_s)
        lines.append(
            f"  window_s: {fits_s:.0f}, max_window_s: {most_s:.0f}: {duration(fits_s)} is the shortest "
            f"window after which {percent(ENOUGH)} of harmless candidates are promoted"
        )
    else:
        lines.append(
            f"  window_s: none of these; after {duration(longest.window_s)} only {percent(longest.promoted)} "
            "of harmless candidates\n    are promoted: let a person promote them, or change what follows"
        )
    lines.append(f"  min_users: {_min_users(simulation, users, window_s)}")
    lines.append(f"  slo_bad_share: {_slo(demand.bad_share, params.slo_bad_share, fits_s is not None)}")
    return "\n".join(lines) + "\n"


def _slo(bad_share: float, present: float, fits: bool) -> str:
    if bad_share >= present:
        return (
            f"stable itself has more than {percent(present)}: repair the service first, or promise "
            f"{4 * bad_share:g}"
        )
    if fits or 4 * bad_share <= present:
        return f"{present:g} fits"
    return f"{present:g} is near to what stable has: that it is kept is shown sooner for {4 * bad_share:g}"


def _min_users(simulation: Simulation, expected: float, window_s: float) -> str:
    """A fault that hits one user in n is met by one of 3 n users at least, with 95 %."""
    present, within = simulation.params.min_users, int(expected / 1.2) // 10 * 10
    if expected >= 1.2 * present:
        return f"{present:,} fits: of a fault that hits one user in {present // 3:,}, somebody is seen (95 %)"
    if within < LEAST_USERS:
        return f"{present:,} is out of reach, and so are {LEAST_USERS}: about {expected:,.0f} are seen"
    promoted = simulation.harmless(window_s, within).promoted
    return (
        f"{within:,} instead of {present:,}: of a fault that hits one user in {within // 3:,}, somebody is "
        f"seen (95 %);\n    with that, {percent(promoted)} of harmless candidates are promoted after "
        f"{duration(window_s)}"
    )


def _cells(simulation: Simulation) -> list[str]:
    demand, params = simulation.demand, simulation.params
    windows = [simulation.harmless(hours * HOUR_S) for hours in WINDOWS_H]
    fits_s = fitting_window(windows)
    usual, most = (simulation.harmless(one) for one in (params.window_s, params.max_window_s))
    found = dict(simulation.harmful(params.window_s))
    return [
        f"{demand.requests:,.0f}",
        f"{demand.canary_users(params.window_s):,.0f}",
        percent(usual.promoted),
        percent(most.promoted),
        duration(fits_s) if fits_s else "none",
        *(_cell(found.get(share)) for share in HARMFUL_SHARES),
    ]


def _cell(one: Foreseen | None) -> str:
    if one is None:
        return "-"
    return (
        f"{percent(one.aborted)}, {duration(one.median_s)}"
        if one.median_s is not None
        else percent(one.aborted)
    )
