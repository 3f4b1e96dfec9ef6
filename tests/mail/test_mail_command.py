"""`mail`: a test mail that arrives or says why not, and examples to look at."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from auto_deployment.cli import main
from tests.support.mail.mail_server import MailServer, running
from tests.support.mail.mails import OTHER, READER
from tests.support.ports import free_ports

KINDS = {
    *("aborted", "approval", "candidate", "drift", "failed", "metrics-unavailable"),
    *("promoted", "published", "refused", "review", "rollback-aborted", "rolled-back"),
    *("below-slo", "inconclusive", "lists-to-review", "superseded", "unchanged", "waiting"),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MailServer]:
    with running(MailServer()) as one:
        monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SMTP_PORT", str(one.port))
        monkeypatch.setenv("REPORT_TO", f"{READER},{OTHER}")
        yield one


def test_a_test_mail_arrives(server: MailServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mail", "test"]) == 0
    assert capsys.readouterr().out == f"{READER}: taken by the server\n{OTHER}: taken by the server\n"
    (message,) = server.messages()
    assert message["Subject"].startswith("Test of Marquee's mails (")


def test_what_the_server_says_is_shown(server: MailServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.recipient_answers = {OTHER: "550 no such mailbox"}
    assert main(["mail", "test"]) == 1
    assert f"{OTHER}: 550 no such mailbox" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_named(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("SMTP_PORT", str(port))
    assert main(["mail", "test"]) == 1
    assert f"the mail server 127.0.0.1:{port} cannot be used: [Errno 111]" in capsys.readouterr().err


def test_a_test_mail_goes_to_the_mailbox_where_no_server_is_set(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SMTP_HOST", "SMTP_PORT", "REPORT_TO"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEMO_MAILBOX", f"127.0.0.1:{server.port}")
    assert main(["mail", "test"]) == 0
    assert capsys.readouterr().out == "you@localhost: taken by the server\n"
    monkeypatch.setenv("DEMO_MAILBOX", f"127.0.0.1:{free_ports(1)[0]}")
    assert main(["mail", "test"]) == 2
    assert "SMTP_HOST is not set" in capsys.readouterr().err


def test_without_a_server_the_command_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mail", "test"]) == 2
    assert "SMTP_HOST is not set" in capsys.readouterr().err


def test_examples_are_there_for_every_kind(tmp_path: Path) -> None:
    assert main(["mail", "examples", "--out", str(tmp_path / "out")]) == 0
    assert {path.stem for path in (tmp_path / "out").glob("*.eml")} == KINDS
    assert {path.stem for path in (tmp_path / "out").glob("*.txt")} == KINDS
    for path in (tmp_path / "out").glob("*.html"):
        page = path.read_text("utf-8")
        assert "cid:" not in page
        assert "http" not in re.sub(r'src="data:[^"]*"', "", page)
        message = message_from_bytes(path.with_suffix(".eml").read_bytes(), policy=default)
        (html,) = (part for part in message.walk() if part.get_content_type() == "text/html")
        shown = set(re.findall(r"cid:([a-z]+)", html.get_content()))
        sent = {part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]}
        assert shown == sent
