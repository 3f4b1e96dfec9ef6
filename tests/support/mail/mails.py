"""Mails to send, and outboxes to send them from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auto_deployment.config.mail import MailSettings, SmtpSettings
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.outbox import Outbox

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
SENDER = "Marquee <marquee@example.org>"
READER, OTHER = "night@example.org", "day@example.org"
PNG = b"\x89PNG\r\n\x1a\n\x00not really"


def after(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


def mail(key: str = "published/20260305T1200-abcd", **changed: Any) -> Mail:
    content: dict[str, Any] = {
        "key": key,
        "at": NOW,
        "subject": "Published: model 20260305T1200-abcd",
        "text": "It is published.\n",
        "html": '<p>It is published.</p><img src="cid:days">',
        "images": {"days": PNG},
    }
    return Mail(**content | changed)


def outbox(
    folder: Path,
    smtp: SmtpSettings | None,
    recipients: Sequence[str] = (READER,),
    mailbox: SmtpSettings | None = None,
) -> Outbox:
    return Outbox(folder, MailSettings(smtp, SENDER, tuple(recipients), mailbox))


def names(folder: Path) -> list[str]:
    """Return the mails of a folder."""
    return sorted(path.name for path in folder.glob("*.eml"))
