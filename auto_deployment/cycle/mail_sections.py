"""The sections of a cycle's mail: what was measured, what the gate said, what the model learnt from. Pure."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from auto_deployment.cycle.outcome import Outcome
from auto_deployment.mail.format import number, percent, value
from auto_deployment.mail.page import BAD, GOOD, OPEN, Picture, Row, Section, Table
from auto_deployment.mail.plots import days_plot
from auto_deployment.training.gate.checks import GateCheck

GROUPS = {"gender": "Gender", "age": "Age", "activity": "Activity"}
GATE_CHECKS = {
    "split": "Split by time",
    "rmse": "RMSE",
    "bias": "RMSE minus that of the biases",
    "popularity": "NDCG minus popularity's",
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
LIST_CHECKS = {
    "list_overlap": "Share of 20 titles that stay",
    "list_rbo": "Agreement by rank (RBO)",
    "list_popularity": "Popularity, in doublings",
    "list_genres": "Share moved to other genres",
    "list_coverage": "Different titles, times",
}
VERDICTS = {True: ("passed", GOOD), False: ("failed", BAD), None: ("unknown", BAD)}


def checks_of(outcome: Outcome) -> list[GateCheck]:
    """Return the checks of the gate, none where it was not asked."""
    return _checks(outcome.gate or {"checks": ()})


def measured(outcome: Outcome) -> list[Section]:
    """Return what was measured of the model, nothing where nothing was."""
    metrics = outcome.metrics or {}
    rows = [
        Row((name, value(metrics[measure], unit)))
        for measure, (name, unit) in MEASURES.items()
        if measure in metrics
    ]
    if not rows:
        return []
    # Only a gate that could not look at later events has this check.
    title = "Measured on later events"
    if said := [one.sentence for one in checks_of(outcome) if one.name == "split"]:
        title = "Measured, but not on later events"
    return [Section(title, said, tables=[Table(("measure", "value"), tuple(rows))])]


def gate(outcome: Outcome, *, failed_first: bool) -> list[Section]:
    """Return all checks; the failed ones with the sentence that says value, limit and sample."""
    checks = checks_of(outcome)
    if not checks:
        return []
    if failed_first:
        checks.sort(key=lambda check: bool(check.passed))
    version = outcome.champion.get("version")
    champion = "There is no champion yet." if version is None else f"Champion: {version}."
    head = ("check", "value", "interval", "limit", "verdict")
    return [Section("Gate", [champion], [Table(head, tuple(_check(check) for check in checks))])]


def _check(check: GateCheck) -> Row:
    low, high = check.low, check.high
    interval = "" if low is None or high is None else f"{number(low)} to {number(high)}"
    verdict, tone = VERDICTS[check.passed]
    name, found, limit = GATE_CHECKS.get(check.name, check.name), number(check.value), number(check.limit)
    return Row((name, found, interval, limit, verdict), tone, "" if check.passed else check.sentence)


def lists(outcome: Outcome) -> list[Section]:
    """Return how lists differ from the champion's; nothing where a gate of an older version did not ask."""
    found = (outcome.gate or {}).get("lists")
    if not found:
        return []
    said, figures = [found["sentence"]], found["figures"]
    if figures:
        said.append(
            f"{percent(figures['unchanged'])} of the users are shown the very same list; "
            f"{figures['unknown_to_champion']:,} are unknown to the champion."
        )
    words = {True: ("within", GOOD), False: ("beyond", OPEN)}
    rows = []
    for check in _checks(found):
        verdict, tone = words[bool(check.passed)]
        cells = LIST_CHECKS.get(check.name, check.name), number(check.value), number(check.limit), verdict
        rows.append(Row(cells, tone, "" if check.passed else check.sentence))
    tables = [Table(("lists", "value", "limit", "verdict"), tuple(rows))] if rows else []
    return [Section("Lists against the champion's", said, tables)]


def _checks(found: Mapping[str, Any]) -> list[GateCheck]:
    names = [field.name for field in fields(GateCheck)]
    return [GateCheck(**{name: one.get(name) for name in names}) for one in found["checks"]]


def training_data(outcome: Outcome) -> list[Section]:
    """Return what the model learnt from and was measured on; every number counts events."""
    if outcome.profile is None:
        return []
    kinds, groups, users, movies = (outcome.profile[name] for name in ("kinds", "groups", "users", "movies"))
    days = [(date.fromisoformat(day), counts) for day, counts in outcome.profile["days"]]
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    said = f"{sum(kinds.values()):,} events ({counted}) by {users:,} users of {movies:,} movies"
    pictures = []
    if days:
        said += f", {days[0][0]} to {days[-1][0]}"
        pictures.append(Picture("days", days_plot(days, list(kinds)), "events of each day by kind"))
    tables = [_group(GROUPS.get(name, name), named) for name, named in groups.items() if named]
    return [
        Section("Training data", [f"{said}."], pictures=pictures),
        *([Section("By kind of user", tables=tables)] if tables else []),
    ]


def _group(title: str, named: Mapping[str, int]) -> Table:
    total = sum(named.values()) or 1
    rows = [
        Row((name, f"{count:,}", percent(count / total)), share=count / max(*named.values(), 1))
        for name, count in named.items()
    ]
    return Table((title, "events", "share"), tuple(rows))


def drift_row(name: str, found: Mapping[str, Any]) -> Row:
    """Return what changed, its value now and before, and the number of lines."""
    title, unit = DRIFT.get(name, (name, "{:.4g}"))
    return Row((title, value(found["now"], unit), value(found["before"], unit), f"{found['lines']:,}"))
