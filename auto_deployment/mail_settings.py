"""How mails leave: the mail server, who we are to it, and who reads them."""

from dataclasses import dataclass

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
