"""The checks as a table of a mail: what each is called, and its values in the units that people think in."""

from collections.abc import Sequence

from auto_deployment.mail.format import percent, value
from auto_deployment.mail.page import BAD, GOOD, OPEN, PLAIN, Row, Table
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult, GroupResult

HEAD = ("check", "stable", "canary", "limit", "n", "verdict")
CHECKS = {  # name -> what it is called, the unit of its values, its limit
    "mean-latency": ("Mean latency", "{:.3g} ms", "< {:g} ms"),
    "bad-answers": ("Bad answers", "percent", "\u2264 {percent}"),
    "bad-against-stable": ("Bad vs stable", "percent", "\u2264 {:g}\u00d7"),
    "popular-against-stable": ("Popular vs stable", "percent", "\u2264 {:g}\u00d7"),
    "slow-against-stable": ("Slow vs stable", "percent", "\u2264 {:g}\u00d7"),
    "watched-against-stable": ("Watched vs stable", "percent", "\u2265 {:.2g}\u00d7"),
    "sample": ("Users seen", "{:,.0f}", "\u2265 {:,.0f}"),
}
OUTCOMES = {
    CheckOutcome.KEPT: ("kept", GOOD),
    CheckOutcome.BROKEN: ("broken", BAD),
    CheckOutcome.OPEN: ("open", OPEN),
    CheckOutcome.NOT_COMPUTABLE: ("unknown", OPEN),
    CheckOutcome.ABSENT: ("absent", OPEN),
}
HELD, NOT_HELD = ("held", BAD), ("not held", PLAIN)


def checks_table(checks: Sequence[CheckResult], reason: str) -> Table:
    """Return a row for each check; below it what the reason does not say already."""
    return Table(HEAD, tuple(_row(check, reason) for check in checks))


def groups_table(groups: Sequence[GroupResult]) -> Table:
    """Return a row for each group; below it what a person has to look at."""
    rows = []
    for one in groups:
        name, unit, limit = CHECKS[one.check]
        shown, (words, tone) = limit.format(one.limit), HELD if one.held else NOT_HELD
        cells = (
            f"{name}: {one.group}",
            value(one.stable, unit),
            value(one.canary, unit),
            shown,
            f"{one.n:,}",
            words,
        )
        rows.append(Row(cells, tone, one.sentence if one.held else ""))
    return Table(HEAD, tuple(rows))


def _row(check: CheckResult, reason: str) -> Row:
    """Return check, stable, canary, limit, n and verdict; below them what the reason does not say already."""
    name, unit, limit = CHECKS.get(check.name, (check.name.replace("-", " "), "{:.4g}", "{:.4g}"))
    outcome, tone = OUTCOMES[check.outcome]
    shown = limit.format(check.limit, percent=percent(check.limit))
    cells = (name, value(check.stable, unit), value(check.canary, unit), shown, f"{check.n:,}", outcome)
    is_said = check.outcome is CheckOutcome.KEPT or check.sentence in reason
    return Row(cells, tone, "" if is_said else check.sentence)
