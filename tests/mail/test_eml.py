"""What travels: a message that any client can show, and that nobody can add a header to."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from auto_deployment.mail.eml import SUBJECT_MAX, file_stem, one_line, to_bytes
from auto_deployment.mail.mail import Mail
from tests.support.mail.mails import NOW, OTHER, PNG, READER, SENDER, after, mail


def parsed(one: Mail, *recipients: str) -> EmailMessage:
    message = message_from_bytes(to_bytes(one, SENDER, recipients or (READER,)), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_message_has_text_first_then_html_with_its_pictures() -> None:
    message = parsed(mail())
    text, related = message.iter_parts()
    page, picture = related.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", "It is published.")
    assert related.get_content_type() == "multipart/related"
    assert page.get_content_type() == "text/html"
    assert 'src="cid:days"' in page.get_content()
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<days>", "inline")
    assert picture.get_content() == PNG


def test_the_headers_say_what_a_client_needs() -> None:
    message = parsed(mail(thread="release"), READER, f"Day <{OTHER}>")
    assert message["From"] == SENDER
    assert message["To"] == f"{READER}, Day <{OTHER}>"
    assert message["Subject"] == "Published: model 20260305T1200-abcd"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Marquee-Event"] == "published/20260305T1200-abcd"
    assert message["References"] == parsed(mail("other", thread="release"))["References"]


def test_an_event_has_one_message_id_and_another_event_another() -> None:
    assert parsed(mail())["Message-ID"] == parsed(mail(text="changed"))["Message-ID"]
    assert parsed(mail())["Message-ID"] != parsed(mail("other"))["Message-ID"]
    assert parsed(mail())["Message-ID"] != parsed(mail(at=after(days=1)))["Message-ID"]
    assert parsed(mail())["Message-ID"].endswith("@example.org>")


@pytest.mark.parametrize(
    "hostile",
    [
        "done\r\nBcc: thief@example.org",
        "done\nBcc: thief@example.org",
        "done\rBcc: thief@example.org",
        "done\u2028Bcc: thief@example.org",
        "done\x85Bcc: thief@example.org",
        "done\x0b\x0c\x1c\x00Bcc: thief@example.org",
        "=?utf-8?q?done=0ABcc=3A_thief=40example=2Eorg?=",
    ],
)
def test_nothing_from_outside_becomes_a_header(hostile: str) -> None:
    message = parsed(mail(hostile, subject=hostile, thread=hostile))
    assert message["Bcc"] is None
    assert set(message.keys()) == {*parsed(mail(thread="x")).keys()}
    assert message.get_content_type() == "multipart/alternative"


def test_a_body_cannot_end_the_message_or_start_a_part() -> None:
    hostile = "first\r\n.\r\nMAIL FROM:<thief@example.org>\r\n--===============\r\nX: y\r\n"
    message = parsed(mail(text=hostile, html=hostile))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "multipart/related"]
    assert "MAIL FROM" in next(message.iter_parts()).get_content()


def test_lines_are_short_enough_for_every_server() -> None:
    content = to_bytes(mail(text="x" * 5000, html="é" * 5000, subject="ü" * 150), SENDER, (READER,))
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_long_subject_is_cut() -> None:
    assert one_line("x" * 1000) == "x" * (SUBJECT_MAX - 3) + "..."
    assert one_line("  a \t b\n") == "a b"


def test_a_file_is_named_after_its_key_whatever_that_is() -> None:
    assert file_stem("published/20260305T1200-abcd").startswith("published-20260305T1200-abcd-")
    hostile = ["../../etc/passwd", "/", "", "..", "a\nb", "\ud800", "x" * 5000, ".hidden"]
    stems = [file_stem(key) for key in hostile]
    assert len(set(stems)) == len(hostile)
    assert all(len(stem) < 130 and "/" not in stem and not stem.startswith(".") for stem in stems)
    assert file_stem("a/b") != file_stem("a-b")


def test_without_recipients_a_message_is_still_one() -> None:
    message = message_from_bytes(to_bytes(mail(), "marquee@localhost", ()), policy=default)
    assert message["To"] == "undisclosed-recipients:;"
