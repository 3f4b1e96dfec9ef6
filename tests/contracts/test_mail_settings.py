"""The variables of mails, read strictly; Alertmanager reads the same ones."""

from pathlib import Path

import pytest

from auto_deployment.config import Settings, SettingsError
from auto_deployment.config.mail import MailSettings, SmtpSettings

SERVER = {"SMTP_HOST": "mail.example.org", "REPORT_TO": "night@example.org"}


def read(environ: dict[str, str]) -> MailSettings:
    return Settings.from_env(environ).mail


def test_without_a_server_there_is_none() -> None:
    assert read({}) == MailSettings(None, "marquee@localhost", ())


def test_everything_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "ca.pem").write_text("")
    found = read(
        {
            "SMTP_HOST": "mail.example.org",
            "SMTP_PORT": "587",
            "SMTP_SECURITY": "starttls",
            "SMTP_USERNAME": "marquee",
            "SMTP_PASSWORD_FILE": str(tmp_path / "password"),
            "SMTP_CA_FILE": str(tmp_path / "ca.pem"),
            "MAIL_FROM": "Marquee <marquee@example.org>",
            "REPORT_TO": "night@example.org, Day Shift <day@example.org>,night@example.org",
        }
    )
    ca_file = str(tmp_path / "ca.pem")
    assert found.smtp == SmtpSettings("mail.example.org", 587, "starttls", "marquee", "secret", ca_file)
    assert found.sender == "Marquee <marquee@example.org>"
    assert found.recipients == ("night@example.org", "Day Shift <day@example.org>")
    assert "secret" not in repr(found)


def test_a_mailbox_that_may_be_there_is_read_by_somebody_also_where_nobody_is_named() -> None:
    mailbox = SmtpSettings("maildev", 1025)
    found = read({"DEMO_MAILBOX": "maildev:1025"})
    assert found == MailSettings(None, "marquee@localhost", ("you@localhost",), mailbox)
    named = read({"DEMO_MAILBOX": "maildev:1025", "REPORT_TO": "night@example.org"})
    assert (named.recipients, named.mailbox) == (("night@example.org",), mailbox)


def test_a_mail_server_wins_over_the_mailbox() -> None:
    assert read(SERVER | {"DEMO_MAILBOX": "maildev:1025"}) == read(SERVER)
    with pytest.raises(SettingsError, match="REPORT_TO is empty"):
        read({"SMTP_HOST": "mail.example.org", "DEMO_MAILBOX": "maildev:1025"})


@pytest.mark.parametrize("text", ["maildev", "maildev:", ":1025", "maildev:smtp", "mail dev:25"])
def test_a_mailbox_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="DEMO_MAILBOX"):
        read({"DEMO_MAILBOX": text})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT is 'smtp'"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY is 'ssl': use one of none, starttls, tls."),
        ({"SMTP_HOST": "mail.example.org:25"}, "SMTP_HOST is 'mail.example.org:25'"),
        ({"SMTP_HOST": "mail example"}, "SMTP_HOST is 'mail example'"),
        ({"REPORT_TO": ""}, "REPORT_TO is empty while SMTP_HOST is set"),
        ({"REPORT_TO": "night"}, "REPORT_TO names 'night'"),
        ({"REPORT_TO": "a@b\r\nBcc: c@d"}, "REPORT_TO names"),
        ({"REPORT_TO": "a@b; c@d"}, "REPORT_TO names"),
        ({"REPORT_TO": "n\u00e4chte@example.org"}, "REPORT_TO names"),
        ({"REPORT_TO": "<a@b> c@d"}, "REPORT_TO names"),
        ({"MAIL_FROM": "Marquee\n<a@b>"}, "MAIL_FROM is"),
        ({"MAIL_FROM": "marquee"}, "MAIL_FROM is 'marquee'"),
        ({"MAIL_FROM": "a@b, c@d"}, "MAIL_FROM is"),
        ({"SMTP_USERNAME": "me", "SMTP_SECURITY": "tls"}, "SMTP_PASSWORD is empty"),
        ({"SMTP_USERNAME": "me", "SMTP_PASSWORD": "x"}, "SMTP_SECURITY is none"),
        ({"SMTP_PASSWORD_FILE": "/nowhere"}, "SMTP_PASSWORD_FILE is '/nowhere'"),
        ({"SMTP_CA_FILE": "/nowhere"}, "SMTP_CA_FILE is '/nowhere'"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(changed: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(SERVER | changed)
    assert message in str(caught.value)
