"""Drift: the strong changes that were found, and the days that batches are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from auto_deployment.console.page import Console
from auto_deployment.console.shown.plot import Plot, plot
from auto_deployment.ingest.drift.drift import Sample
from auto_deployment.ingest.drift.file import read_history
from auto_deployment.ingest.drift.findings import read_findings
from auto_deployment.mail.format import number

TITLES = {
    "reject_rate": "share of lines rejected",
    "rating_mean": "mean rating",
    "rating_deviation": "standard deviation of ratings",
    "new_titles": "share of lines about titles not named lately",
}


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the stream."""

    day: str
    lines: int
    rejected: float | None
    rating: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A strong change, in words."""

    at: str
    what: str
    now: str
    before: str
    lines: str


@dataclass(frozen=True, slots=True)
class Changes:
    """`trouble` names what cannot be read."""

    findings: Sequence[Change]
    days: Sequence[Day]
    plot: Plot | None
    trouble: Sequence[str]


def read_changes(console: Console) -> Changes:
    """Read both files; one that is damaged leaves the other as it is."""
    trouble: list[str] = []
    findings, days = {}, {}
    try:
        findings = read_findings(console.paths.drift_findings)
    except ValueError as error:
        trouble.append(f"{error}: ingest writes it anew with the next strong change.")
    try:
        days = dict(read_history(console.paths.drift_history).days)
    except ValueError as error:
        trouble.append(f"{error}: ingest begins it anew with the next segment.")
    newest_first = sorted(findings.items(), key=lambda one: one[1]["at"], reverse=True)
    shown = [
        Change(
            one["at"][:16].replace("T", " "),
            _title(check),
            *(_figure(one.get(name)) for name in ("now", "before", "lines")),
        )
        for check, one in newest_first
    ]
    return Changes(shown, [_day(str(day), days[day]) for day in sorted(days)], _plot(days), trouble)


def _title(check: str) -> str:
    return TITLES.get(check, f"share of {check.removesuffix('_share')} lines")


def _figure(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else "unknown"


def _day(day: str, sample: Sample) -> Day:
    return Day(
        day,
        sample.total,
        sample.share("rejected") if sample.total else None,
        sample.mean if sample.ratings else None,
    )


def _plot(days: Mapping[date, Sample]) -> Plot | None:
    times = [datetime.combine(day, time(), UTC) for day in sorted(days)]
    lines = [days[day].total for day in sorted(days)]
    return plot("Lines", "a day", times, {"lines": lines}) if days else None
