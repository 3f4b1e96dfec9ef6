"""Mails of the retraining cycle and of the stream, one function for each kind. Pure: outcome in, mail out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from auto_deployment.cycle.mail_sections import (
    GATE_CHECKS,
    checks_of,
    drift_row,
    gate,
    lists,
    measured,
    training_data,
)
from auto_deployment.cycle.outcome import FOR_REVIEW, Outcome
from auto_deployment.host.durations import duration
from auto_deployment.mail.format import clock, size, within
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.page import BAD, GOOD, OPEN, PLAIN, Command, Page, Section, Table, compose
from auto_deployment.publish.repository import review_branch

RETRAIN = "docker compose exec scheduler python -m auto_deployment retrain --now"
DEPLOY = "scripts/deploy.sh"
LOCAL_GIT = "docker compose exec -T scheduler git -C /data/cycle/remote.git"
LIST_PAGE = "data/gate/lists.html"
# step -> what a person should do when it fails
ADVICE = {
    "refresh": "See that GIT_REMOTE can be reached and its token or key is valid; it is tried again soon.",
    "take": "Restore or move away the file that is named, and see that the disk has room.",
    "train": "See the sentence above; the next cycle tries again.",
    "reproduce": "The sentence begins with what the stage said; `marquee retrain --dry-run` repeats it.",
    "upload": "See that DVC_REMOTE can be written and has room; the next cycle uploads what is missing.",
    "commit": "See that the disk of DATA_DIR/cycle has room.",
    "push": "See what the git remote says; where the branch is protected, set PUBLISH=merge-request.",
    "mark": "The model is published; see that DATA_DIR can be written.",
}


def published_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """A model is published, or waits for a person to merge it."""
    commands = []
    if outcome.kind == FOR_REVIEW:
        verdict, tone = "Waiting for review", OPEN
        branch = review_branch(str(outcome.version))
        following = [f"Merge {branch} to publish it, or close it and nothing happens."]
    else:
        verdict, tone = "Published", GOOD
        following = ["It serves nobody yet: a release has to show that it harms nobody."]
        commands = [Command("Release it", f"{DEPLOY} {outcome.version}")]
    following += _next_run(outcome, next_run)
    sections = [
        *measured(outcome),
        *gate(outcome, failed_first=False),
        *lists(outcome),
        *training_data(outcome),
        Section("What happens next", following, commands=commands),
    ]
    return _mail("published", verdict, tone, outcome, sections)


def review_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """A model passed the gate, and its lists differ so much from the champion's that a person decides."""
    branch = review_branch(str(outcome.version))
    following = [
        f"It waits in the branch {branch}, whatever PUBLISH says; {LIST_PAGE} there shows the lists of ten "
        "users side by side.",
        "If they are what you want, merge the branch: the cycle after that publishes it, and it is released "
        "as usual. Otherwise close it: the model that serves goes on serving.",
        *_next_run(outcome, next_run),
    ]
    commands = [
        Command("See the page", f"git fetch origin {branch} && git show FETCH_HEAD:{LIST_PAGE} > lists.html"),
        Command(
            "Where no GIT_REMOTE is set, see it so", f"{LOCAL_GIT} show {branch}:{LIST_PAGE} > lists.html"
        ),
        Command("and merge it so", f"{LOCAL_GIT} fetch . {branch}:main"),
        Command("Publish what was merged now, not at the next cycle", RETRAIN),
    ]
    sections = [
        *lists(outcome),
        Section("What to do, and what happens next", following, commands=commands),
        *gate(outcome, failed_first=False),
        *measured(outcome),
        *training_data(outcome),
    ]
    return _mail("review", "Lists to be reviewed", OPEN, outcome, sections)


def refused_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """The gate refused a model; every failed check stands with its numbers."""
    following = [
        "Nothing was published: the model that serves goes on serving.",
        *_next_run(outcome, next_run),
    ]
    again = Command("Try again now, after something has changed", RETRAIN)
    sections = [
        *gate(outcome, failed_first=True),
        *measured(outcome),
        *training_data(outcome),
        Section("What happens next", following, commands=[again]),
    ]
    return _mail("refused", "Refused by the gate", BAD, outcome, sections)


def failed_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """A cycle ended in a failure; the step is named, and what to do."""
    following = [
        *filter(None, [ADVICE.get(outcome.step)]),
        "Nothing is lost: the next cycle begins anew from what is published, with all events.",
        *_next_run(outcome, next_run),
    ]
    commands = [
        Command("Try again now", RETRAIN),
        Command("See what it wrote", "docker compose logs --since 24h scheduler"),
    ]
    sections = [Section("What to do, and what happens next", following, commands=commands)]
    return _mail(
        "failed", f"Retraining failed at {outcome.step or 'an unknown step'}", BAD, outcome, sections
    )


def unchanged_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """There was nothing to learn: no new events, the same parameters and code."""
    following = [
        "The model that serves goes on serving.",
        "If new events were to be expected, look whether ingest runs and the stream flows.",
        *_next_run(outcome, next_run),
    ]
    return _mail("unchanged", "Nothing new", PLAIN, outcome, [Section("What happens next", following)])


def waiting_mail(outcome: Outcome, next_run: datetime | None) -> Mail:
    """No event has come in yet; said once a day, however often it is tried."""
    following = [
        "What serves goes on serving. Import ratings or events, or look whether ingest runs and lines come.",
        *_next_run(outcome, next_run),
    ]
    sections, today = [Section("What happens next", following)], f"{outcome.started:%Y-%m-%d}"
    return _mail("waiting", "Nothing to train on yet", PLAIN, outcome, sections, once=today)


def drift_mail(outcome: Outcome, trailing_days: int) -> Mail:
    """The stream has changed strongly; said once a day for the same findings."""
    findings, at = sorted(outcome.drift), outcome.started
    rows = [drift_row(name, outcome.drift[name]) for name in findings]
    names = ", ".join(row.cells[0].lower() for row in rows)
    head = ("what", "now", f"last {trailing_days} d", "n")
    following = [
        "Ingest goes on, and nothing is thrown away. The gate counts these changes when the next model is "
        "judged.",
        f"Ask whether the platform has changed; if this is how it is now, they are gone in {trailing_days} "
        "days.",
    ]
    page = Page(
        "Strong drift", OPEN, "The event stream has changed",
        f"What arrives differs strongly from the last {trailing_days} days: {names}.",
        [Section("What has changed", tables=[Table(head, tuple(rows))]), Section("What to do", following)],
        [("Now", clock(at))],
    )  # fmt: skip
    key = f"drift/{at:%Y-%m-%d}/{'+'.join(findings)}"
    return compose(page, key, at, f"Strong drift: {names}")


def _mail(
    kind: str, verdict: str, tone: str, outcome: Outcome, sections: Sequence[Section], once: str = ""
) -> Mail:
    """Put a mail together; the same words for `once` make it the same mail."""
    rmse = (outcome.metrics or {}).get("rmse")
    model = f": model {outcome.version}" if outcome.version else ""
    with_rmse = f", RMSE {rmse:.4f}" if rmse is not None and kind != "failed" else ""
    title = f"Model {outcome.version}" if outcome.version else "No model came of this cycle"
    known = [("Failed at", outcome.step)] if kind == "failed" else []
    page = Page(verdict, tone, title, _reason(kind, outcome), sections, [*known, *_facts(outcome)])
    started = outcome.started.isoformat(timespec="seconds")
    key = f"{kind}/{outcome.version or 'no-model'}/{once or started}"
    return compose(page, key, _ended(outcome), f"{verdict}{model}{with_rmse}")


def _reason(kind: str, outcome: Outcome) -> str:
    """Return one sentence; what the gate said check by check stands in its table."""
    checks = checks_of(outcome)
    if kind in ("failed", "review") or not checks:
        return outcome.sentence
    if kind == "published":
        where = (
            f"; it waits in the branch {review_branch(str(outcome.version))}"
            if outcome.kind == FOR_REVIEW
            else ""
        )
        return f"It passed all {len(checks)} checks of the gate{where}."
    failed = [GATE_CHECKS.get(check.name, check.name) for check in checks if not check.passed]
    return f"{len(failed)} of {len(checks)} checks of the gate did not pass: {'; '.join(failed)}."


def _ended(outcome: Outcome) -> datetime:
    return outcome.started + timedelta(seconds=outcome.seconds)


def _next_run(outcome: Outcome, next_run: datetime | None) -> list[str]:
    return [] if next_run is None else [f"The next cycle: {within(next_run, _ended(outcome))}."]


def _facts(outcome: Outcome) -> list[tuple[str, str]]:
    known = [
        ("Started", clock(outcome.started)),
        ("Took", duration(_ended(outcome) - outcome.started)),
        ("New data", f"{outcome.new_segments:,} segments, {size(outcome.new_bytes)}"),
        *((f"Damaged: {name}", what) for name, what in sorted(outcome.damaged.items())),
    ]
    return [(name, found) for name, found in known if found]
