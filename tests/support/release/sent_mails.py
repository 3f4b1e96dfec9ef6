"""A controller that tells its mails, and an outbox to read them from."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from auto_deployment.config.mail import MailSettings
from auto_deployment.mail.outbox import Outbox
from auto_deployment.release.mails import ReleaseMails
from auto_deployment.release.ports import PortError
from auto_deployment.release.release import Phase
from tests.support.mail.mails import SENDER
from tests.support.release.world import World, quick

MAIL = MailSettings(None, SENDER, ("team@example.org",))


class Told:
    """A world whose controller tells its mails, as the controller's own loop does, and an outbox to read."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, needs_approval: bool = False) -> None:
        self.monkeypatch = monkeypatch
        self.world = World(folder, quick(), needs_approval)
        self.folder = folder / "outbox"
        self.begin()

    def begin(self) -> None:
        """Tell nothing of what was told, as after a kill."""
        self.mails = ReleaseMails(Outbox(self.folder, MAIL), self.world.params, self.world.online.reader)

    def looks(self, count: int = 200) -> None:
        """Look so often, and tell each time."""
        for _ in range(count):
            try:
                self.mails.tell(self.world.poll())
            except PortError:
                continue  # the controller's loop logs it and looks again

    def until(self, phase: Phase) -> None:
        for _ in range(200):
            self.looks(1)
            if self.world.release.phase is phase:
                return
        raise AssertionError(f"still {self.world.release.phase}")

    def promoted(self) -> None:
        self.world.deploy()
        self.until(Phase.PROMOTED)
        self.looks(20)

    def messages(self) -> list[EmailMessage]:
        """Return the mails, as they came."""
        files = sorted(self.folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.messages()]

    def text(self, subject: str) -> str:
        """Return the text of the one mail of this subject, as one line."""
        (mail,) = (mail for mail in self.messages() if mail["Subject"] == subject)
        body = mail.get_body(("plain",))
        assert body is not None
        return " ".join(str(body.get_content()).split())
