"""Which mails a cycle's outcome makes. Pure."""

from collections.abc import Iterator
from datetime import datetime

from auto_deployment.cycle.mail_pages import (
    drift_mail,
    failed_mail,
    published_mail,
    refused_mail,
    review_mail,
    unchanged_mail,
    waiting_mail,
)
from auto_deployment.cycle.outcome import (
    FAILED,
    FOR_REVIEW,
    PUBLISHED,
    REFUSED,
    REVIEW,
    UNCHANGED,
    WAITING,
    Outcome,
)
from auto_deployment.mail.mail import Mail

MAILS = {
    PUBLISHED: published_mail,
    FOR_REVIEW: published_mail,
    REVIEW: review_mail,
    REFUSED: refused_mail,
    UNCHANGED: unchanged_mail,
    WAITING: waiting_mail,
    FAILED: failed_mail,
}


def mails_about(outcome: Outcome, next_run: datetime | None, trailing_days: int) -> Iterator[Mail]:
    """Yield one mail about the outcome, and one where the stream has changed strongly."""
    yield MAILS[outcome.kind](outcome, next_run)
    if outcome.drift:
        yield drift_mail(outcome, trailing_days)
