"""Mails of the retraining cycle and of the stream, one function for each kind. Pure: facts in, mail out."""

from collections.abc import Mapping, Sequence

from auto_deployment.host.durations import duration
from auto_deployment.mail.facts import CycleFacts, DataProfile, DriftFacts
from auto_deployment.mail.format import (
    GATE_CHECKS,
    MEASURES,
    clock,
    drift_row,
    gate_row,
    percent,
    size,
    value,
    within,
)
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.page import (
    BAD,
    GOOD,
    OPEN,
    PLAIN,
    Command,
    Page,
    Picture,
    Row,
    Section,
    Table,
    compose,
)
from auto_deployment.mail.plots import days_plot

GROUPS = {"gender": "Gender", "age": "Age", "activity": "Activity"}
RETRAIN = "docker compose exec scheduler python -m auto_deployment retrain --now"
DEPLOY = "scripts/deploy.sh"


def published_mail(facts: CycleFacts) -> Mail:
    """A model is published, or waits for a person to merge it."""
    if facts.review_branch is None:
        verdict, tone = "Published", GOOD
        following = ["It serves nobody yet: a release has to show that it harms nobody."]
        commands = [Command("Release it", f"{DEPLOY} {facts.version}")]
    else:
        verdict, tone = "Waiting for review", OPEN
        following = [f"Merge {facts.review_branch} to publish it, or close it and nothing happens."]
        commands = []
    sections = [*_measured(facts), *_gate(facts, failed_first=False), *_profile(facts.profile)]
    following += _next_run(facts)
    sections.append(Section("What happens next", following, commands=commands))
    return _mail("published", verdict, tone, facts, sections)


def refused_mail(facts: CycleFacts) -> Mail:
    """The gate refused a model; every failed check stands with its numbers."""
    following = ["Nothing was published: the model that serves goes on serving.", *_next_run(facts)]
    again = Command("Try again now, after something has changed", RETRAIN)
    sections = [
        *_gate(facts, failed_first=True),
        *_measured(facts),
        *_profile(facts.profile),
        Section("What happens next", following, commands=[again]),
    ]
    return _mail("refused", "Refused by the gate", BAD, facts, sections)


def failed_mail(facts: CycleFacts) -> Mail:
    """A cycle ended in a failure; the step is named, and what to do."""
    do = [facts.advice] if facts.advice else []
    following = [
        *do,
        "Nothing is lost: the next cycle begins anew from what is published, with all events.",
        *_next_run(facts),
    ]
    commands = [
        Command("Try again now", RETRAIN),
        Command("See what it wrote", "docker compose logs --since 24h scheduler"),
    ]
    sections = [Section("What to do, and what happens next", following, commands=commands)]
    return _mail("failed", f"Retraining failed at {facts.step or 'an unknown step'}", BAD, facts, sections)


def unchanged_mail(facts: CycleFacts) -> Mail:
    """There was nothing to learn: no new events, the same parameters and code."""
    following = [
        "The model that serves goes on serving.",
        "If new events were to be expected, look whether ingest runs and the stream flows.",
        *_next_run(facts),
    ]
    return _mail("unchanged", "Nothing new", PLAIN, facts, [Section("What happens next", following)])


def waiting_mail(facts: CycleFacts) -> Mail:
    """No event has come in yet; said once a day, however often it is tried."""
    following = [
        "What serves goes on serving. Import ratings or events, or look whether ingest runs and lines come.",
        *_next_run(facts),
    ]
    sections, today = [Section("What happens next", following)], f"{facts.started:%Y-%m-%d}"
    return _mail("waiting", "Nothing to train on yet", PLAIN, facts, sections, once=today)


def drift_mail(facts: DriftFacts) -> Mail:
    """The stream has changed strongly; said once a day for the same findings."""
    rows = [Row(drift_row(finding)) for finding in facts.findings]
    names = ", ".join(row.cells[0].lower() for row in rows)
    head = ("what", "now", f"last {facts.trailing_days} d", "n")
    following = [
        "Ingest goes on, and nothing is thrown away. The gate counts these changes when the next model is "
        "judged.",
        "Ask whether the platform has changed; if this is how it is now, they are gone in "
        f"{facts.trailing_days} days.",
    ]
    page = Page(
        "Strong drift", OPEN, "The event stream has changed",
        f"What arrives differs strongly from the last {facts.trailing_days} days: {names}.",
        [Section("What has changed", tables=[Table(head, tuple(rows))]), Section("What to do", following)],
        [("Now", clock(facts.at))],
    )  # fmt: skip
    key = f"drift/{facts.at:%Y-%m-%d}/{'+'.join(sorted(finding.name for finding in facts.findings))}"
    return compose(page, Mail(key, facts.at, f"Strong drift: {names}", "", ""))


def _mail(
    kind: str, verdict: str, tone: str, facts: CycleFacts, sections: Sequence[Section], once: str = ""
) -> Mail:
    """Put a mail together; the same words for `once` make it the same mail."""
    rmse = facts.metrics.get("rmse")
    model = f": model {facts.version}" if facts.version else ""
    with_rmse = f", RMSE {rmse:.4f}" if rmse is not None and kind != "failed" else ""
    title = f"Model {facts.version}" if facts.version else "No model came of this cycle"
    known = [("Failed at", facts.step)] if kind == "failed" else []
    page = Page(verdict, tone, title, _reason(kind, facts), sections, [*known, *_facts(facts)])
    started = facts.started.isoformat(timespec="seconds")
    key = f"{kind}/{facts.version or 'no-model'}/{once or started}"
    return compose(page, Mail(key, facts.ended, f"{verdict}{model}{with_rmse}", "", ""))


def _reason(kind: str, facts: CycleFacts) -> str:
    """Return one sentence; what the gate said check by check stands in its table."""
    if kind == "failed" or not facts.checks:
        return facts.sentence
    if kind == "published":
        where = f"; it waits in the branch {facts.review_branch}" if facts.review_branch else ""
        return f"It passed all {len(facts.checks)} checks of the gate{where}."
    failed = [GATE_CHECKS.get(check.name, check.name) for check in facts.checks if not check.passed]
    return f"{len(failed)} of {len(facts.checks)} checks of the gate did not pass: {'; '.join(failed)}."


def _measured(facts: CycleFacts) -> list[Section]:
    rows = [
        Row((name, value(facts.metrics[measure], unit)))
        for measure, (name, unit) in MEASURES.items()
        if measure in facts.metrics
    ]
    if not rows:
        return []
    return [Section("Measured on later events", tables=[Table(("measure", "value"), tuple(rows))])]


def _gate(facts: CycleFacts, *, failed_first: bool) -> list[Section]:
    """Return all checks; the failed ones with the sentence that says value, limit and sample."""
    if not facts.checks:
        return []
    checks = sorted(facts.checks, key=lambda check: bool(check.passed)) if failed_first else facts.checks
    rows = []
    for check in checks:
        cells, tone = gate_row(check)
        rows.append(Row(cells, tone, "" if check.passed else check.sentence))
    champion = "There is no champion yet." if facts.champion is None else f"Champion: {facts.champion}."
    head = ("check", "value", "interval", "limit", "verdict")
    return [Section("Gate", [champion], [Table(head, tuple(rows))])]


def _profile(profile: DataProfile | None) -> list[Section]:
    if profile is None:
        return []
    total = sum(profile.kinds.values())
    counted = ", ".join(f"{count:,} {kind}" for kind, count in profile.kinds.items())
    said = f"{total:,} events ({counted}) by {profile.users:,} users of {profile.movies:,} movies"
    if profile.days:
        said += f", {profile.days[0][0]} to {profile.days[-1][0]}"
    tables = [_group(GROUPS.get(name, name), named) for name, named in profile.groups.items() if named]
    pictures = []
    if profile.days:
        plot = days_plot(profile.days, list(profile.kinds))
        pictures.append(Picture("days", plot, "events of each day by kind"))
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


def _next_run(facts: CycleFacts) -> list[str]:
    return [] if facts.next_run is None else [f"The next cycle: {within(facts.next_run, facts.ended)}."]


def _facts(facts: CycleFacts) -> list[tuple[str, str]]:
    known = [
        ("Started", clock(facts.started)),
        ("Took", duration(facts.ended - facts.started)),
        ("New data", f"{facts.new_segments:,} segments, {size(facts.new_bytes)}"),
        *((f"Damaged: {name}", what) for name, what in sorted(facts.damaged.items())),
    ]
    return [(name, found) for name, found in known if found]
