"""The outbox: every mail is on the disk before anybody tries to send it, and leaves once.

A mail counts as sent when the server has answered 250 to its content and that is on our disk. A process
that dies between the two cannot know, and sends again: a mail that comes twice is better than one that never
comes. Both have the same Message-ID, by which many receivers show only one.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auto_deployment.config.mail import MailSettings, SmtpSettings
from auto_deployment.errors import MarqueeError
from auto_deployment.mail.eml import file_stem, to_bytes
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.outbox_files import OutboxFiles, Progress
from auto_deployment.mail.smtp import ServerError, answers, converse

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0
SERVER_WAIT_S = 900.0  # at most, while the server is away: one attempt stands for all mails


class OutboxError(MarqueeError):
    """A mail could not be written to the disk. The message names the folder."""


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one round of sending came to; ages of mails that wait, 0 without any."""

    sent: int = 0
    waiting: int = 0
    oldest_age_s: float = 0.0
    refused: int = 0  # put aside in this round: the server will never take them
    trouble: str = ""  # what the server said, or why it could not be asked


class Outbox:
    """One folder of mails. Without a server they stay there for people to read, which is no failure.

    A mailbox takes the place of a server while it answers; that it does not is no failure either.
    """

    def __init__(self, folder: Path, settings: MailSettings) -> None:
        self._files, self._settings = OutboxFiles(folder), settings
        self._server_failures, self._server_due = 0, datetime.min.replace(tzinfo=UTC)

    def put(self, mail: Mail) -> bool:
        """Write a mail; return False when one of this key was put before. Raise `OutboxError`."""
        stem = file_stem(mail.key)
        try:
            if self._files.has(stem):
                return False
            content = to_bytes(mail, self._settings.sender, self._settings.recipients)
            self._files.put(stem, content, to_send=self._settings.smtp is not None)
        except OSError as error:
            raise OutboxError(
                f"{self._files.folder} does not take a mail ({error.strerror or error}): see that it can be "
                "written and has room."
            ) from error
        log.info("Mail %s: %s", mail.key, mail.subject)
        return True

    def flush(self, now: datetime) -> Flushed:
        """Send what is due; keep and postpone what fails. Problems are logged, counted and never raised."""
        try:
            if (smtp := self._settings.smtp or self._open_mailbox()) is None:
                return Flushed()
            with self._files.alone() as ours:
                done = self._send_due(smtp, now) if ours else Flushed()
            waiting = self._files.waiting()
            oldest = min((self._files.dated(stem) for stem in waiting), default=now.timestamp())
        except OSError as error:
            log.error("The outbox %s cannot be used: %s", self._files.folder, error)
            return Flushed(trouble=str(error))
        return replace(done, waiting=len(waiting), oldest_age_s=max(now.timestamp() - oldest, 0.0))

    def _open_mailbox(self) -> SmtpSettings | None:
        """Return the mailbox if there are mails and it answers; where there is nothing, nobody is asked."""
        mailbox = self._settings.mailbox
        there_is_mail = mailbox is not None and (self._files.kept() or self._files.waiting())
        return mailbox if mailbox and there_is_mail and answers(mailbox) else None

    def _send_due(self, smtp: SmtpSettings, now: datetime) -> Flushed:
        self._files.tidy()
        if smtp is self._settings.mailbox:
            self._files.release()
        sent = refused = 0
        trouble = ""
        if not _is_due(self._server_due, now):
            return Flushed()
        for stem in self._files.waiting():
            if self._files.was_sent(stem):  # two processes put the same mail at the same moment
                self._files.drop(stem)
                continue
            progress = self._files.progress(stem)
            if not _is_due(progress.next_try, now):
                continue
            try:
                progress = self._try(smtp, stem, progress, now)
            except ServerError as error:
                self._postpone_all(now, str(error))
                return Flushed(sent, refused=refused, trouble=str(error))
            self._server_failures = 0
            ended = not self._pending(progress)
            sent += ended and bool(progress.delivered)
            refused += ended and bool(progress.refused)
            trouble = trouble or ("" if ended else progress.said)
        return Flushed(sent, refused=refused, trouble=trouble)

    def _pending(self, progress: Progress) -> list[str]:
        return [
            one for one in self._settings.recipients if one not in (*progress.delivered, *progress.refused)
        ]

    def _try(self, smtp: SmtpSettings, stem: str, progress: Progress, now: datetime) -> Progress:
        """Send one mail to those who do not have it yet, and record what came of it."""
        if progress.on_the_way:
            log.warning("Mail %s was being sent when its sender ended: it may arrive twice", stem)
        if pending := self._pending(progress):
            before = progress
            progress = replace(progress, attempts=progress.attempts + 1, on_the_way=True)
            self._files.note(stem, progress)
            try:
                answers = converse(smtp, self._settings.sender, pending, self._files.read(stem))
            except ServerError:
                self._files.note(stem, before)
                raise
            progress = _after(progress, answers, now)
            self._files.note(stem, progress)
        if self._pending(progress):
            log.warning("Mail %s waits: %s", stem, progress.said)
        elif progress.delivered:
            self._files.close_sent(stem)
            log.info("Mail %s is sent (attempt %d)", stem, progress.attempts)
        else:
            self._files.close_refused(stem)
        for recipient, said in progress.refused.items():
            log.error("Mail %s is refused for %s for good: %s", stem, recipient, said)
        return progress

    def _postpone_all(self, now: datetime, reason: str) -> None:
        self._server_failures += 1
        self._server_due = now + _wait(self._server_failures, SERVER_WAIT_S)
        log.warning("Mails wait: %s", reason)


def _after(progress: Progress, answers: Mapping[str, tuple[int, str]], now: datetime) -> Progress:
    """Return what is known after the server's answers: 2xx delivered, 5xx refused, all else tried again."""
    taken = [one for one, (code, _) in answers.items() if 200 <= code < 300]
    refused = {one: _words(code, said) for one, (code, said) in answers.items() if code >= 500}
    others = [one for one in answers if one not in taken and one not in refused]
    return replace(
        progress,
        delivered=(*progress.delivered, *taken),
        refused={**progress.refused, **refused},
        next_try=now + _wait(progress.attempts),
        on_the_way=False,
        said=_words(*answers[others[0]]) if others else "",
    )


def _words(code: int, said: str) -> str:
    return f"{code} {said}" if code else said


def _is_due(time: datetime | None, now: datetime) -> bool:
    """A time further away than we ever wait was written by a clock that has been set back since."""
    return time is None or time <= now or time > now + timedelta(seconds=LONGEST_WAIT_S)


def _wait(failures: int, longest_s: float = LONGEST_WAIT_S) -> timedelta:
    return timedelta(seconds=min(FIRST_WAIT_S * 2 ** min(failures - 1, 20), longest_s))
