"""`kill -9` between any two steps of sending: nothing is lost, and what comes twice can be told."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mail.mail_server import MailServer, running
from tests.support.mail.mails import after, mail, names, outbox
from tests.support.project import PROJECT


@pytest.mark.parametrize(
    ("point", "copies"),
    [
        ("mail written, not yet shown", 1),
        ("mail shown", 1),
        ("attempt recorded", 1),
        ("answered 250, not yet recorded", 2),
        ("250 recorded", 1),
        ("moved to sent", 1),
    ],
)
def test_a_killed_sender_loses_nothing(point: str, copies: int, tmp_path: Path) -> None:
    with running(MailServer()) as server:
        command = [
            sys.executable,
            "-m",
            "tests.support.mail.killed_sender",
            str(tmp_path),
            str(server.port),
            point,
        ]
        killed = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        box = outbox(tmp_path, server.settings())
        box.put(mail())  # whoever was killed in the middle says it again
        for minute in range(1, 5):
            box.flush(after(minutes=minute))
        assert len(server.received) == copies
        assert len({message["Message-ID"] for message in server.messages()}) == 1
        assert len(names(tmp_path / "sent")) == 1
        left = [path for path in (tmp_path / "waiting").iterdir() if not path.name.startswith(".")]
        assert left == []  # a temporary file goes when it is old enough


def test_a_mail_that_may_arrive_twice_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running(MailServer()) as server:
        point = "answered 250, not yet recorded"
        command = [
            sys.executable,
            "-m",
            "tests.support.mail.killed_sender",
            str(tmp_path),
            str(server.port),
            point,
        ]
        subprocess.run(command, cwd=PROJECT, check=False, capture_output=True)
        outbox(tmp_path, server.settings()).flush(after(minutes=1))
    assert "it may arrive twice" in caplog.text
