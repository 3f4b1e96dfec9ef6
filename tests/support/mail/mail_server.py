"""A mail server on this host that keeps what it is sent, and misbehaves where a test asks it to."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from auto_deployment.config.mail import SmtpSettings
from tests.support.ports import free_ports

OK = "250 OK"


@dataclass
class MailServer:
    """What arrived, and how the next conversations end; an answer "" hangs up without one."""

    sender_answer: str = OK
    recipient_answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = OK
    received: list[Envelope] = field(default_factory=list)
    conversations: int = 0
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    def messages(self) -> list[EmailMessage]:
        return [self._parsed(envelope) for envelope in self.received]

    def settings(self, **changed: Any) -> SmtpSettings:
        usual: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "timeout_s": 5.0}
        return SmtpSettings(**usual | changed)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversations += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer == OK:
            envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipient_answers.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not self.data_answer:
            assert server.transport is not None
            server.transport.close()
            return OK
        if self.data_answer == OK:
            self.received.append(envelope)
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.data_answer

    @staticmethod
    def _parsed(envelope: Envelope) -> EmailMessage:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message


@contextmanager
def running(server: MailServer, **options: Any) -> Iterator[MailServer]:
    """Run the server on a free port; options are those of aiosmtpd's controller."""
    (server.port,) = free_ports(1)
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def tls_context(folder: Path) -> ssl.SSLContext:
    """Return what a server needs to speak TLS with the certificates of `make_certificates`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "broker.pem")
    return context


def accepting(username: str, password: str) -> Callable[..., AuthResult]:
    """Return an authenticator that lets one account in."""

    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(
            success=given.login == username.encode() and given.password == password.encode(),
            handled=False,
        )

    return check
