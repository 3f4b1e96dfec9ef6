"""The variables of mails: the server, who we are to it, who reads them. Alertmanager reads the same ones."""

import re
from dataclasses import dataclass
from email.utils import getaddresses, parseaddr
from typing import Any

from auto_deployment.config.env import SettingsError, Variables, existing_file, matching, one_of, port, secret

NONE, STARTTLS, TLS = "none", "starttls", "tls"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One mail server; the certificate is checked wherever there is TLS."""

    host: str
    port: int = 25
    security: str = NONE
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None  # None: the system's authorities
    timeout_s: float = 10.0  # of each step of the conversation

    def __repr__(self) -> str:
        """Name what may be logged."""
        return f"SmtpSettings({self.host}:{self.port}, {self.security}, login={self.username is not None})"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Without a server mails stay in the outbox as files, but for a mailbox that may be there or not."""

    smtp: SmtpSettings | None = None
    sender: str = "marquee@localhost"
    recipients: tuple[str, ...] = ()
    mailbox: SmtpSettings | None = None  # gets them while it answers; never beside a server


_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
ANYBODY = "you@localhost"  # who reads a mailbox that takes the mails for everybody
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+"


def mail_settings(
    sender: str = MailSettings().sender,
    recipients: tuple[str, ...] = (),
    mailbox: SmtpSettings | None = None,
    **smtp: Any,
) -> MailSettings:
    """Check what belongs together: a server and its readers, a login and its password and encryption."""
    server = SmtpSettings(**{"host": "", **smtp})
    if server.username is not None and not server.password:
        raise SettingsError("SMTP_PASSWORD is empty while SMTP_USERNAME is set: a login needs both.")
    if server.username is not None and server.security == NONE:
        raise SettingsError(
            "SMTP_USERNAME is set while SMTP_SECURITY is none: use starttls or tls, or anybody can read the "
            "password."
        )
    if not server.host:
        return MailSettings(None, sender, recipients or ((ANYBODY,) if mailbox else ()), mailbox)
    if not recipients:
        raise SettingsError("REPORT_TO is empty while SMTP_HOST is set: say who gets the mails.")
    return MailSettings(server, sender, recipients)


def _mailbox(text: str) -> SmtpSettings:
    host, _, number = text.rpartition(":")
    if not re.fullmatch(_HOST, host):
        raise ValueError("HOST:PORT")
    return SmtpSettings(host, port(number))


def _recipients(text: str) -> tuple[str, ...]:
    once: dict[str, str] = {}  # a name before an address makes it no other mailbox
    for one in filter(None, map(str.strip, text.split(","))):
        try:
            once.setdefault(parseaddr(_address(one))[1], one)
        except ValueError:
            message = f"REPORT_TO names {one!r}: use addresses NAME@HOST, joined by commas."
            raise SettingsError(message) from None
    return tuple(once.values())


def _address(text: str) -> str:
    """Take one address of plain ASCII, alone or behind a name, in one line."""
    (_, address), *more = getaddresses([text]) or [("", "")]
    is_one = text.isprintable() and not more and re.fullmatch(_ADDRESS, address, re.ASCII)
    if not is_one or not text.rstrip(" >").endswith(address):
        raise ValueError("NAME@HOST, or Some Name <NAME@HOST>")
    return text


VARIABLES: Variables = {
    "SMTP_HOST": ("host", matching(_HOST, "a name or an address, without the port")),
    "SMTP_PORT": ("port", port),
    "SMTP_SECURITY": ("security", one_of((NONE, STARTTLS, TLS))),
    "SMTP_USERNAME": ("username", str),
    **secret("SMTP_PASSWORD", "password"),
    "SMTP_CA_FILE": ("ca_file", existing_file),
    "MAIL_FROM": ("sender", _address),
    "REPORT_TO": ("recipients", _recipients),
    "DEMO_MAILBOX": ("mailbox", _mailbox),
}
