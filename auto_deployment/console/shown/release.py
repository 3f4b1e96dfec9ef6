"""A release for its page: phases as a line, checks with their curves, and what happened in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.console.shown.plot import DASH, Plot, plot
from auto_deployment.host.durations import duration
from auto_deployment.mail.format import number
from auto_deployment.release.judge.curves import Curve
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult, Judgement
from auto_deployment.release.judge.table import checks_table
from auto_deployment.release.release import Action, Kind, Phase, Release

CANDIDATE = (
    Phase.REQUESTED,
    Phase.STARTING,
    Phase.WARMING,
    Phase.BAKING,
    Phase.PROMOTING,
    Phase.PROMOTED,
)
ROLLBACK = (Phase.REQUESTED, Phase.PROMOTING, Phase.PROMOTED)
DONE, PRESENT, AHEAD, LEFT_OUT = "done", "present", "ahead", "left out"
MARKS = dict(zip(CheckOutcome, ("✓", "✗", "…", "?", DASH), strict=True))


@dataclass(frozen=True, slots=True)
class Step:
    """A phase on the line; `at` is when it was entered."""

    phase: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table of checks."""

    name: str
    mark: str
    tone: str
    verdict: str
    stable: str
    canary: str
    limit: str
    n: str
    evidence: str
    sentence: str
    curve: Plot | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened."""

    at: datetime
    what: str
    reason: str


def steps(release: Release) -> list[Step]:
    """Return the line of phases; an end that is not the usual one stands where the line broke off."""
    usual = CANDIDATE if release.kind is Kind.CANDIDATE else ROLLBACK
    line = usual if release.phase in usual else (*usual[:-1], release.phase)
    found = []
    for phase in line:
        at = release.entered(phase)
        state = DONE if at else AHEAD if release.under_way else LEFT_OUT
        if phase is release.phase:
            state = DONE if phase is Phase.PROMOTED else PRESENT
        found.append(Step(phase.value, state, at))
    return found


def journal(release: Release) -> list[Entry]:
    """Return phases and commands in the order of their times, oldest first."""
    entries = [Entry(one.at, one.phase.value, one.reason) for one in release.changes]
    for said in release.commands:
        longer = f" by {duration(said.seconds)}" if said.action is Action.EXTEND else ""
        entries.append(Entry(said.at, f"{said.by} asked: {said.action.value}{longer}", said.reason))
    return sorted(entries, key=lambda entry: entry.at)


def checks(judgement: Judgement, curves: Mapping[str, Curve]) -> list[Check]:
    """Return every check as the mails have it, with its evidence, its sentence and its curve."""
    rows = checks_table(judgement.checks, "").rows
    return [
        _check(check, row.cells, row.tone, curves.get(check.name))
        for check, row in zip(judgement.checks, rows, strict=True)
    ]


def _check(check: CheckResult, cells: Sequence[str], tone: str, curve: Curve | None) -> Check:
    name, stable, canary, limit, n, verdict = cells
    against = DASH if check.log_evidence is None else number(round(check.log_evidence, 2))
    drawn = (
        plot(name, curve.what, curve.times, {one: list(s) for one, s in curve.series.items()})
        if curve
        else None
    )
    return Check(
        name, MARKS[check.outcome], tone, verdict, stable, canary, limit, n, against, check.sentence, drawn
    )
