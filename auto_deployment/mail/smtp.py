"""One conversation with a mail server. The only use of smtplib."""

import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parseaddr

from auto_deployment.config.mail import STARTTLS, TLS, SmtpSettings
from auto_deployment.mail.eml import domain

PATIENCE_S = 2.0  # with a mailbox that may not be there
_BROKEN_OFF = (0, "the conversation broke off")


class ServerError(Exception):
    """The server cannot be used at all just now, whatever the mail."""


def converse(
    smtp: SmtpSettings, sender: str, recipients: Sequence[str], content: bytes
) -> Mapping[str, tuple[int, str]]:
    """Offer one message to the server; return its answer to each recipient. Raise `ServerError`."""
    client = _connect(smtp, sender)
    unnamed = (250, "")  # who is not named among the refused
    try:
        refused = client.sendmail(parseaddr(sender)[1], [parseaddr(one)[1] for one in recipients], content)
    except smtplib.SMTPSenderRefused as error:
        raise ServerError(_said(smtp, f"refuses the sender {sender}: {_text(error.smtp_error)}")) from error
    except smtplib.SMTPRecipientsRefused as error:
        # Also raised when the server hangs up (421) before all were named: nobody has got anything.
        refused, unnamed = error.recipients, _BROKEN_OFF
    except smtplib.SMTPDataError as error:
        return dict.fromkeys(recipients, (error.smtp_code, _text(error.smtp_error)))
    except (OSError, ValueError) as error:
        return dict.fromkeys(recipients, (0, f"{_BROKEN_OFF[1]}: {error}"))
    finally:
        _end(client)
    given = {address: (code, _text(said)) for address, (code, said) in refused.items()}
    return {one: given.get(parseaddr(one)[1], unnamed) for one in recipients}


def answers(smtp: SmtpSettings) -> bool:
    """Tell whether somebody listens there just now."""
    try:
        with socket.create_connection((smtp.host, smtp.port), timeout=PATIENCE_S):
            return True
    except OSError:
        return False


def _connect(smtp: SmtpSettings, sender: str) -> smtplib.SMTP:
    """Return a connection that is encrypted and logged in as set."""
    client: smtplib.SMTP | None = None
    name = domain(sender)
    try:
        # Without a file these are the system's authorities; names are checked in either case.
        context = ssl.create_default_context(cafile=smtp.ca_file)
        if smtp.security == TLS:
            client = smtplib.SMTP_SSL(
                smtp.host, smtp.port, local_hostname=name, timeout=smtp.timeout_s, context=context
            )
        else:
            client = smtplib.SMTP(smtp.host, smtp.port, local_hostname=name, timeout=smtp.timeout_s)
        if smtp.security == STARTTLS:
            client.starttls(context=context)
        if smtp.username is not None:
            client.login(smtp.username, smtp.password or "")
    except (OSError, ValueError) as error:
        if client is not None:
            client.close()
        raise ServerError(_said(smtp, f"cannot be used: {_reason(error)}")) from error
    return client


def _end(client: smtplib.SMTP) -> None:
    with suppress(OSError):  # everything is said; a server that is gone already changes nothing
        client.quit()
    client.close()


def _said(smtp: SmtpSettings, what: str) -> str:
    return f"the mail server {smtp.host}:{smtp.port} {what}"


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return " ".join((said.decode("utf-8", "replace") if isinstance(said, bytes) else said).split())
