"""A mailbox that may be there or not: it gets every mail while it answers, and is missed by nobody."""

import logging
from pathlib import Path
from unittest.mock import patch

import pytest

from auto_deployment.config.mail import SmtpSettings
from auto_deployment.mail import outbox as outbox_module
from auto_deployment.mail.outbox import Flushed
from tests.support.mail.mail_server import MailServer, running
from tests.support.mail.mails import NOW, after, mail, names, outbox
from tests.support.ports import free_port


def test_while_nobody_answers_mails_are_kept_and_nothing_waits_or_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = outbox(tmp_path, None, mailbox=SmtpSettings("127.0.0.1", free_port()))
    box.put(mail())
    with caplog.at_level(logging.DEBUG):
        assert box.flush(after(days=30)) == Flushed()
    assert caplog.text == ""
    assert len(names(tmp_path)) == 1


def test_a_name_that_nobody_has_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = outbox(tmp_path, None, mailbox=SmtpSettings("maildev.invalid", 1025))
    box.put(mail())
    caplog.clear()
    assert box.flush(NOW) == Flushed()
    assert caplog.text == ""


def test_without_a_mail_nobody_is_asked_whether_it_is_there(tmp_path: Path) -> None:
    with patch.object(outbox_module, "answers", side_effect=AssertionError("asked")):
        assert outbox(tmp_path, None, mailbox=SmtpSettings("maildev", 1025)).flush(NOW) == Flushed()


def test_once_it_is_there_it_gets_what_was_kept_and_what_comes_each_once(tmp_path: Path) -> None:
    port = free_port()
    outbox(tmp_path, None, mailbox=SmtpSettings("127.0.0.1", port)).put(mail("before"))
    with running(MailServer()) as server:
        box = outbox(tmp_path, None, mailbox=server.settings())
        assert box.flush(NOW).sent == 1
        box.put(mail("later"))
        assert (box.flush(after(seconds=1)).sent, box.flush(after(seconds=2)).sent) == (1, 0)
        assert len(server.received) == 2
    assert (names(tmp_path), names(tmp_path / "waiting")) == ([], [])
    assert not box.put(mail("before"))


def test_what_waits_when_it_goes_away_is_no_trouble_and_leaves_when_it_is_back(tmp_path: Path) -> None:
    with running(MailServer(data_answer="451 later")) as server:
        box = outbox(tmp_path, None, mailbox=server.settings())
        box.put(mail())
        assert box.flush(NOW).waiting == 1
    assert box.flush(after(hours=1)) == Flushed()
    with running(MailServer()) as server:
        assert outbox(tmp_path, None, mailbox=server.settings()).flush(after(hours=2)).sent == 1
