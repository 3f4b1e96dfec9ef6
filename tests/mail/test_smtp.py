"""Real conversations with a mail server: encrypted, logged in, refused, postponed, cut off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.config.mail import STARTTLS, TLS
from auto_deployment.mail.outbox import Flushed
from tests.support.certificates import make_certificates
from tests.support.mail.mail_server import MailServer, accepting, running, tls_context
from tests.support.mail.mails import NOW, OTHER, READER, after, mail, names, outbox


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer()) as one:
        yield one


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


def test_a_mail_leaves_once_and_arrives_whole(server: MailServer, tmp_path: Path) -> None:
    box = outbox(tmp_path, server.settings(), (READER, f"Day <{OTHER}>"))
    box.put(mail())
    assert [box.flush(after(hours=hour)) for hour in range(3)] == [Flushed(sent=1), Flushed(), Flushed()]
    (envelope,), (message,) = server.received, server.messages()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("marquee@example.org", [READER, OTHER])
    assert message["Subject"] == "Published: model 20260305T1200-abcd"
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
    ]
    assert names(tmp_path / "sent")
    assert names(tmp_path / "waiting") == []
    assert not box.put(mail())
    assert not outbox(tmp_path, server.settings()).put(mail())


def test_mails_leave_in_the_order_in_which_things_happened(server: MailServer, tmp_path: Path) -> None:
    box = outbox(tmp_path, server.settings())
    for hour in (2, 0, 1):
        box.put(mail(f"mail {hour}", at=after(hours=hour), subject=f"{hour}"))
    assert box.flush(after(hours=3)).sent == 3
    assert [message["Subject"] for message in server.messages()] == ["0", "1", "2"]


def test_starttls_encrypts_before_anything_is_said(certificates: Path, tmp_path: Path) -> None:
    options = {"tls_context": tls_context(certificates), "require_starttls": True}
    with running(MailServer(), **options) as server:
        ca_file = str(certificates / "ca.pem")
        box = outbox(tmp_path, server.settings(security=STARTTLS, ca_file=ca_file))
        box.put(mail())
        assert box.flush(NOW) == Flushed(sent=1)
        assert server.encrypted == [True]


def test_tls_from_the_first_byte(certificates: Path, tmp_path: Path) -> None:
    with running(MailServer(), ssl_context=tls_context(certificates)) as server:
        box = outbox(tmp_path, server.settings(security=TLS, ca_file=str(certificates / "ca.pem")))
        box.put(mail())
        assert box.flush(NOW) == Flushed(sent=1)
        assert server.encrypted == [True]


@pytest.mark.parametrize("security", [STARTTLS, TLS])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    security: str, certificates: Path, tmp_path: Path
) -> None:
    context = tls_context(certificates)
    options = {"tls_context": context} if security == STARTTLS else {"ssl_context": context}
    with running(MailServer(), **options) as server:
        box = outbox(tmp_path, server.settings(security=security))
        box.put(mail())
        flushed = box.flush(NOW)
    assert "CERTIFICATE_VERIFY_FAILED" in flushed.trouble
    assert (flushed.waiting, server.received) == (1, [])


def test_a_server_without_starttls_gets_neither_mail_nor_password(server: MailServer, tmp_path: Path) -> None:
    box = outbox(tmp_path, server.settings(security=STARTTLS, username="marquee", password="secret"))
    box.put(mail())
    assert "STARTTLS extension not supported" in box.flush(NOW).trouble
    assert server.received == []


@pytest.mark.parametrize(("password", "arrives"), [("right", True), ("wrong", False), ("gr\u00fcn", False)])
def test_a_login(password: str, arrives: bool, certificates: Path, tmp_path: Path) -> None:
    options = {
        "tls_context": tls_context(certificates),
        "auth_required": True,
        "authenticator": accepting("marquee", "right"),
    }
    with running(MailServer(), **options) as server:
        box = outbox(
            tmp_path,
            server.settings(
                security=STARTTLS,
                ca_file=str(certificates / "ca.pem"),
                username="marquee",
                password=password,
            ),
        )
        box.put(mail())
        flushed = box.flush(NOW)
        assert (flushed.sent == 1) == (len(server.received) == 1) == arrives
        if not arrives:
            assert flushed.waiting == 1
            assert password not in flushed.trouble


def test_a_server_that_wants_a_login_we_do_not_have_keeps_the_mail_waiting(
    certificates: Path, tmp_path: Path
) -> None:
    options = {
        "tls_context": tls_context(certificates),
        "auth_required": True,
        "authenticator": accepting("a", "b"),
    }
    with running(MailServer(), **options) as server:
        box = outbox(tmp_path, server.settings(security=STARTTLS, ca_file=str(certificates / "ca.pem")))
        box.put(mail())
        flushed = box.flush(NOW)
    assert "Authentication required" in flushed.trouble
    assert flushed.waiting == 1


def test_a_temporary_refusal_is_tried_again_later(server: MailServer, tmp_path: Path) -> None:
    server.data_answer = "451 4.3.0 greylisted, come again"
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    first = box.flush(NOW)
    assert (first.waiting, first.trouble) == (1, "451 4.3.0 greylisted, come again")
    server.data_answer = "250 OK"
    assert box.flush(after(seconds=29)).sent == 0
    assert box.flush(after(seconds=30)).sent == 1


def test_a_restart_remembers_what_was_tried(server: MailServer, tmp_path: Path) -> None:
    server.data_answer = "451 later"
    outbox(tmp_path, server.settings()).put(mail())
    for _ in range(3):
        outbox(tmp_path, server.settings()).flush(NOW)
    assert server.conversations == 1


def test_a_mail_that_is_refused_for_good_is_put_aside_with_the_reason(
    server: MailServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.recipient_answers = {READER: "550 5.1.1 no such mailbox"}
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    assert box.flush(NOW) == Flushed(refused=1)
    assert box.flush(after(days=1)) == Flushed()
    assert server.conversations == 1
    assert names(tmp_path / "waiting") == []
    (reason,) = (tmp_path / "refused").glob("*.json")
    assert "550 5.1.1 no such mailbox" in reason.read_text()
    assert "is refused for night@example.org for good: 550 5.1.1 no such mailbox" in caplog.text
    assert not box.put(mail())


def test_a_refused_content_is_put_aside_too(server: MailServer, tmp_path: Path) -> None:
    server.data_answer = "552 too big"
    box = outbox(tmp_path, server.settings(), (READER, OTHER))
    box.put(mail())
    assert box.flush(NOW) == Flushed(refused=1)
    assert len(names(tmp_path / "refused")) == 1


def test_what_was_put_aside_can_be_tried_again_by_hand(server: MailServer, tmp_path: Path) -> None:
    server.recipient_answers = {READER: "554 relay access denied"}
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    box.flush(NOW)
    server.recipient_answers = {}
    (path,) = (tmp_path / "refused").glob("*.eml")
    path.rename(tmp_path / "waiting" / path.name)
    assert box.flush(after(days=1)) == Flushed(sent=1)


def test_each_recipient_gets_it_once_though_the_others_wait_or_are_refused(
    server: MailServer, tmp_path: Path
) -> None:
    waiting, gone = "later@example.org", "gone@example.org"
    server.recipient_answers = {waiting: "450 mailbox busy", gone: "550 no such mailbox"}
    box = outbox(tmp_path, server.settings(), (READER, waiting, gone))
    box.put(mail())
    assert box.flush(NOW).waiting == 1
    server.recipient_answers = {}
    assert outbox(tmp_path, server.settings(), (READER, waiting, gone)).flush(after(minutes=1)) == Flushed(
        sent=1, refused=1
    )
    assert [envelope.rcpt_tos for envelope in server.received] == [[READER], [waiting]]
    first, second = server.messages()
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_hangs_up_between_recipients_has_delivered_to_nobody(
    server: MailServer, tmp_path: Path
) -> None:
    server.recipient_answers = {OTHER: "421 shutting down"}
    box = outbox(tmp_path, server.settings(), (READER, OTHER, "third@example.org"))
    box.put(mail())
    assert box.flush(NOW).waiting == 1
    server.recipient_answers = {}
    assert box.flush(after(minutes=1)) == Flushed(sent=1)
    assert [envelope.rcpt_tos for envelope in server.received] == [[READER, OTHER, "third@example.org"]]


def test_a_refused_sender_is_a_matter_of_settings_and_loses_no_mail(
    server: MailServer, tmp_path: Path
) -> None:
    server.sender_answer = "550 who are you"
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    flushed = box.flush(NOW)
    assert flushed.waiting == 1
    assert "refuses the sender Marquee <marquee@example.org>: who are you" in flushed.trouble
    server.sender_answer = "250 OK"
    assert box.flush(after(minutes=1)).sent == 1


def test_a_server_that_dies_in_the_middle_is_asked_again(server: MailServer, tmp_path: Path) -> None:
    server.data_answer = ""
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    flushed = box.flush(NOW)
    assert flushed.waiting == 1
    assert "the conversation broke off" in flushed.trouble
    server.data_answer = "250 OK"
    assert box.flush(after(minutes=1)).sent == 1
    assert len(server.received) == 1


def test_a_mail_that_two_processes_put_at_the_same_moment_leaves_once(
    server: MailServer, tmp_path: Path
) -> None:
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    box.flush(NOW)
    (sent,) = (tmp_path / "sent").glob("*.eml")
    (tmp_path / "waiting" / sent.name).write_bytes(sent.read_bytes())  # the other one's, a moment later
    assert box.flush(after(days=1)) == Flushed()
    assert len(server.received) == 1
    assert names(tmp_path / "waiting") == []


def test_one_mail_that_the_server_cannot_take_holds_up_no_other(server: MailServer, tmp_path: Path) -> None:
    server.recipient_answers = {READER: "450 busy"}
    outbox(tmp_path, server.settings()).put(mail("first"))
    outbox(tmp_path, server.settings()).flush(NOW)
    box = outbox(tmp_path, server.settings(), (OTHER,))
    box.put(mail("second", at=after(minutes=1)))
    assert box.flush(after(seconds=1)).sent == 1


def test_whoever_reads_mails_now_gets_what_waits(server: MailServer, tmp_path: Path) -> None:
    server.recipient_answers = {READER: "450 busy"}
    box = outbox(tmp_path, server.settings())
    box.put(mail())
    box.flush(NOW)
    assert outbox(tmp_path, server.settings(), (OTHER,)).flush(after(minutes=1)).sent == 1
    assert server.received[0].rcpt_tos == [OTHER]
