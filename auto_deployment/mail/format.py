"""Values of checks in the units in which people think of them. Pure."""

from datetime import datetime

from auto_deployment.host.durations import duration
from auto_deployment.mail.facts import DriftFinding, GateCheckFacts, ReleaseCheck
from auto_deployment.mail.page import BAD, GOOD, OPEN

RELEASE_CHECKS = {  # name -> what it is called, the unit of its values, its limit
    "mean-latency": ("Mean latency", "{:.3g} ms", "< {:g} ms"),
    "bad-answers": ("Bad answers", "percent", "\u2264 {percent}"),
    "bad-against-stable": ("Bad vs stable", "percent", "\u2264 {:g}\u00d7"),
    "popular-against-stable": ("Popular vs stable", "percent", "\u2264 {:g}\u00d7"),
    "sample": ("Users seen", "{:,.0f}", "\u2265 {:,.0f}"),
}
OUTCOMES = {
    "kept": ("kept", GOOD),
    "broken": ("broken", BAD),
    "open": ("open", OPEN),
    "not-computable": ("unknown", OPEN),
}
GATE_CHECKS = {
    "rmse": "RMSE",
    "bias": "RMSE minus that of the biases",
    "popularity": "NDCG over popularity's",
    "coverage": "Share of movies on lists",
    "same_list": "Share of the commonest list",
    "champion": "Champion",
    "champion_rmse": "RMSE over the champion's",
    "champion_ndcg": "NDCG minus the champion's",
    "groups": "Largest loss of a group",
    "new_events": "New events",
    "segments": "Damaged segments",
    "drift": "Strong changes of the stream",
    "artefact": "Artefact",
    "wrong_lists": "Wrong lists",
    "answer_ms": "Answer, ms",
    "load_s": "Loading, s",
    "size_mb": "Size, MB",
    "rejected": "Rejected by a release",
}
DRIFT = {
    "watch_share": ("Share of watch lines", "percent"),
    "rating_share": ("Share of rating lines", "percent"),
    "recommendation_share": ("Share of recommendation lines", "percent"),
    "account_share": ("Share of account lines", "percent"),
    "reject_rate": ("Share of rejected lines", "percent"),
    "rating_mean": ("Mean rating, 1-5", "{:.3g}"),
    "rating_deviation": ("Spread of ratings", "{:.3g}"),
    "new_titles": ("Share of lines with new titles", "percent"),
}
MEASURES = {
    "rmse": ("RMSE of ratings, 1-5", "{:.4f}"),
    "rmse_bias": ("RMSE of the biases alone", "{:.4f}"),
    "ndcg_at_10": ("NDCG@10 of lists", "{:.4f}"),
    "ndcg_at_10_popularity": ("NDCG@10 of popularity", "{:.4f}"),
    "hit_rate": ("Users with a hit in 10", "percent"),
    "coverage": ("Movies on anybody's list", "percent"),
}


def release_row(check: ReleaseCheck) -> tuple[tuple[str, ...], str]:
    """Return check, stable, canary, limit, n and verdict of a row, and its tone."""
    name, unit, limit = RELEASE_CHECKS.get(check.name, (check.name.replace("-", " "), "{:.4g}", "{:.4g}"))
    outcome, tone = OUTCOMES.get(check.outcome, (check.outcome, OPEN))
    shown = limit.format(check.limit, percent=percent(check.limit))
    cells = (name, value(check.stable, unit), value(check.canary, unit), shown, f"{check.n:,}", outcome)
    return cells, tone


def drift_row(finding: DriftFinding) -> tuple[str, ...]:
    """Return what changed, its value now and before, and the number of lines."""
    name, unit = DRIFT.get(finding.name, (finding.name, "{:.4g}"))
    return (name, value(finding.now, unit), value(finding.before, unit), f"{finding.lines:,}")


def gate_row(check: GateCheckFacts) -> tuple[tuple[str, ...], str]:
    """Return check, value, interval, limit and verdict of a row, and its tone."""
    low, high = check.low, check.high
    interval = "" if low is None or high is None else f"{_short(low)} to {_short(high)}"
    verdict, tone = {True: ("passed", GOOD), False: ("failed", BAD), None: ("unknown", BAD)}[check.passed]
    found, limit = _short(check.value), _short(check.limit)
    return (GATE_CHECKS.get(check.name, check.name), found, interval, limit, verdict), tone


def value(number: float | None, unit: str) -> str:
    """Return a value in its unit, a dash for what is not known."""
    if number is None:
        return "\u2013"
    return percent(number) if unit == "percent" else unit.format(number)


def percent(share: float) -> str:
    """Return a share with as many digits as say something: 0.42 %, 3.1 %, 27 %."""
    shown = 100 * share
    digits = 0 if shown == 0 or shown >= 10 else 1 if shown >= 1 and shown != round(shown) else 2
    return f"{shown:.{digits}f} %" if shown != round(shown) else f"{shown:.0f} %"


def clock(time: datetime | None) -> str:
    """Return a time as a person writes it, to the minute."""
    return "unknown" if time is None else f"{time:%Y-%m-%d %H:%M} UTC"


def within(time: datetime, now: datetime) -> str:
    """Return a time, and how far away it is."""
    return f"{clock(time)} (in {duration(time - now)})" if time > now else clock(time)


def size(count: int) -> str:
    """Return a number of bytes."""
    if count < 1_000_000:
        return f"{count / 1000:,.1f} kB"
    return f"{count / 1_000_000:,.1f} MB"


def _short(number: float | None) -> str:
    if number is None:
        return "\u2013"
    if number == round(number) and abs(number) < 1e12:
        return f"{number:,.0f}"
    return f"{number:.4g}"
