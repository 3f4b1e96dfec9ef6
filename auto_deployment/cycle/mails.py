"""Which mails a cycle's outcome makes. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from auto_deployment.cycle.mail_pages import (
    drift_mail,
    failed_mail,
    published_mail,
    refused_mail,
    unchanged_mail,
    waiting_mail,
)
from auto_deployment.cycle.outcome import (
    FAILED,
    FOR_REVIEW,
    PUBLISHED,
    REFUSED,
    UNCHANGED,
    WAITING,
    Outcome,
)
from auto_deployment.mail.facts import (
    CycleFacts,
    DataProfile,
    DriftFacts,
    DriftFinding,
    GateCheckFacts,
)
from auto_deployment.mail.mail import Mail

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
WORDS = {
    PUBLISHED: published_mail,
    FOR_REVIEW: published_mail,
    REFUSED: refused_mail,
    UNCHANGED: unchanged_mail,
    WAITING: waiting_mail,
}


def mails_about(outcome: Outcome, next_run: datetime | None, trailing_days: int) -> Iterator[Mail]:
    """Yield one mail about the outcome, and one where the stream has changed strongly."""
    render = failed_mail if outcome.kind == FAILED else WORDS[outcome.kind]
    yield render(cycle_facts(outcome, next_run))
    if outcome.drift:
        found = [
            DriftFinding(name, one["now"], one["before"], one["lines"])
            for name, one in sorted(outcome.drift.items())
        ]
        yield drift_mail(DriftFacts(outcome.started, found, trailing_days))


def cycle_facts(outcome: Outcome, next_run: datetime | None) -> CycleFacts:
    """Return what the renderers take."""
    checks = (outcome.gate or {"checks": ()})["checks"]
    return CycleFacts(
        started=outcome.started,
        ended=outcome.started + timedelta(seconds=outcome.seconds),
        sentence=outcome.sentence,
        version=outcome.version,
        step=outcome.step,
        advice=ADVICE.get(outcome.step, "") if outcome.kind == FAILED else "",
        checks=tuple(GateCheckFacts.from_json(one) for one in checks),
        metrics=outcome.metrics or {},
        champion=outcome.champion.get("version"),
        profile=None if outcome.profile is None else _profile(outcome.profile),
        new_segments=outcome.new_segments,
        new_bytes=outcome.new_bytes,
        damaged=outcome.damaged,
        review_branch=f"retrain/{outcome.version}" if outcome.kind == FOR_REVIEW else None,
        next_run=next_run,
    )


def _profile(content: Mapping[str, Any]) -> DataProfile:
    return DataProfile(
        kinds=content["kinds"],
        days=[(date.fromisoformat(day), counts) for day, counts in content["days"]],
        groups=content["groups"],
        users=content["users"],
        movies=content["movies"],
    )
