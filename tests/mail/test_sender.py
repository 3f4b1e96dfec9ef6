"""Sending in the background: what waits leaves, and nobody waits for a slow server."""

import socket
import threading
import time
from datetime import datetime
from pathlib import Path

from auto_deployment.config.mail import MailSettings, SmtpSettings
from auto_deployment.mail.outbox import Flushed, Outbox
from auto_deployment.mail.sender import Sender
from tests.support.mail.mail_server import MailServer, running
from tests.support.mail.mails import NOW, mail, outbox
from tests.support.waiting import eventually


def test_a_mail_put_later_leaves_by_itself(tmp_path: Path) -> None:
    with running(MailServer()) as server:
        box = outbox(tmp_path, server.settings())
        with Sender(box, lambda: NOW, round_s=0.01):
            box.put(mail())
            eventually(lambda: len(server.received) == 1)


def test_a_server_that_says_nothing_holds_up_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        box = outbox(tmp_path, SmtpSettings("127.0.0.1", silent.getsockname()[1], timeout_s=30))
        box.put(mail())
        began = time.monotonic()
        with Sender(box, lambda: NOW, round_s=0.01):
            connection, _ = silent.accept()  # it is being talked to
            assert box.put(mail("another"))
        assert time.monotonic() - began < 15
        connection.close()


def test_a_round_that_fails_unexpectedly_is_not_the_last(tmp_path: Path) -> None:
    class Broken(Outbox):
        rounds = 0
        again = threading.Event()

        def flush(self, now: datetime) -> Flushed:
            self.rounds += 1
            if self.rounds == 1:
                raise RuntimeError("broken")
            self.again.set()
            return Flushed(sent=7)

    box = Broken(tmp_path, MailSettings())
    with Sender(box, lambda: NOW, round_s=0.01) as sender:
        assert box.again.wait(30)
        eventually(lambda: sender.latest == Flushed(sent=7))
