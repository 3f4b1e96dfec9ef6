"""The variables of mails: the server, who we are to it, who reads them. Alertmanager reads the same ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import getaddresses, parseaddr
from pathlib import Path

from auto_deployment.config.env import SettingsError, port, secret

NONE, STARTTLS, TLS = "none", "starttls", "tls"
SECURITIES = (NONE, STARTTLS, TLS)


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


def mail_settings(env: Mapping[str, str]) -> MailSettings:
    """Read and check them; raise `SettingsError` naming the one that cannot be used."""
    smtp = _smtp(env)
    sender = env.get("MAIL_FROM") or MailSettings().sender
    if not _is_address(sender):
        raise SettingsError(f"MAIL_FROM is {sender!r}: use NAME@HOST, or Some Name <NAME@HOST>.")
    mailbox = _mailbox(env) if smtp is None else None
    recipients = _recipients(env.get("REPORT_TO") or ("" if mailbox is None else ANYBODY))
    if smtp is not None and not recipients:
        raise SettingsError("REPORT_TO is empty while SMTP_HOST is set: say who gets the mails.")
    return MailSettings(smtp, sender, recipients, mailbox)


def _mailbox(env: Mapping[str, str]) -> SmtpSettings | None:
    text = env.get("DEMO_MAILBOX") or ""
    if not text:
        return None
    host, _, number = text.rpartition(":")
    if not re.fullmatch(_HOST, host):
        raise SettingsError(f"DEMO_MAILBOX is {text!r}: use HOST:PORT.")
    return SmtpSettings(host, port("DEMO_MAILBOX", number))


def _smtp(env: Mapping[str, str]) -> SmtpSettings | None:
    host = env.get("SMTP_HOST") or ""
    usual = SmtpSettings(host)
    security = env.get("SMTP_SECURITY") or usual.security
    username, password = env.get("SMTP_USERNAME") or None, secret(env, "SMTP_PASSWORD")
    ca_file = env.get("SMTP_CA_FILE") or None
    number = port("SMTP_PORT", env.get("SMTP_PORT") or str(usual.port))
    if host and not re.fullmatch(_HOST, host):
        raise SettingsError(f"SMTP_HOST is {host!r}: use a name or an address, without the port.")
    if security not in SECURITIES:
        raise SettingsError(f"SMTP_SECURITY is {security!r}: use one of {', '.join(SECURITIES)}.")
    if username is not None and not password:
        raise SettingsError("SMTP_PASSWORD is empty while SMTP_USERNAME is set: a login needs both.")
    if username is not None and security == NONE:
        raise SettingsError(
            "SMTP_USERNAME is set while SMTP_SECURITY is none: use starttls or tls, or anybody can read the "
            "password."
        )
    if ca_file is not None and not Path(ca_file).is_file():
        raise SettingsError(f"SMTP_CA_FILE is {ca_file!r}, which is no file.")
    if not host:
        return None
    return SmtpSettings(host, number, security, username, password, ca_file)


def _recipients(text: str) -> tuple[str, ...]:
    found = [one.strip() for one in text.split(",") if one.strip()]
    for one in found:
        if not _is_address(one):
            raise SettingsError(f"REPORT_TO names {one!r}: use addresses NAME@HOST, joined by commas.")
    once: dict[str, str] = {}  # a name before an address makes it no other mailbox
    for one in found:
        once.setdefault(parseaddr(one)[1], one)
    return tuple(once.values())


def _is_address(text: str) -> bool:
    """Take one address of plain ASCII, alone or behind a name, in one line."""
    found = getaddresses([text])
    return (
        text.isprintable()
        and len(found) == 1
        and re.fullmatch(_ADDRESS, found[0][1], re.ASCII) is not None
        and text.rstrip(" >").endswith(found[0][1])
    )
