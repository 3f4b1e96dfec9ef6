"""Alertmanager: which settings it takes, and what a person gets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail.alertmanager import Post, check, running
from tests.support.mail.webhook import webhook
from tests.support.rules import read_alerts
from tests.support.systems.lab import require_docker
from tests.support.systems.short_windows import hasty_alertmanager
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab

RULE = next(alert for alert in read_alerts() if alert.name == "InstanceDown")
ALERT: dict[str, Any] = {
    "labels": {"alertname": RULE.name, "service": "stable-1", "track": "stable", **RULE.labels},
    "annotations": {
        name: text.replace("{{ $labels.service }}", "stable-1") for name, text in RULE.annotations.items()
    },
    "startsAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    "generatorURL": "http://localhost:9090/graph",
}
MAIL = {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "night@example.org, day@example.org"}


def just_begun(**labels: str) -> dict[str, Any]:
    """Return an alert that Alertmanager keeps back for others, which it does only with what is new."""
    return ALERT | {"startsAt": datetime.now(UTC).isoformat(), "labels": ALERT["labels"] | labels}


@pytest.fixture(autouse=True)
def engine() -> None:
    require_docker()


@pytest.fixture
def hasty(tmp_path: Path) -> Path:
    """Return the configuration, with a second for what is waited between mails."""
    return hasty_alertmanager(tmp_path)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    require_docker()
    with running(hasty_alertmanager(tmp_path_factory.mktemp("alerts")), MAIL) as found:
        yield found


@pytest.fixture
def post(started: Post) -> Post:
    """Give an Alertmanager whose mailbox is empty; a test that shares it tells of an area of its own."""
    started.forget()
    return started


@pytest.mark.parametrize(
    "settings",
    [
        {},
        MAIL,
        MAIL | {"SMTP_SECURITY": "starttls", "SMTP_USERNAME": "me", "SMTP_PASSWORD": 'it\'s: "#1"'},
        MAIL | {"SMTP_SECURITY": "tls", "MAIL_FROM": "Marquee <marquee@example.org>"},
        {"SLACK_WEBHOOK_FILE": "/dev/null"},
    ],
)
def test_settings_that_make_sense_are_taken(settings: dict[str, str]) -> None:
    result = check(settings)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "SUCCESS" in result.stdout


def test_secrets_are_read_from_their_files(tmp_path: Path) -> None:
    for name in ("slack", "password", "ca"):
        (tmp_path / name).write_text("https://hooks.example.org/services/T/B/x", "utf-8")
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    files = {"SLACK_WEBHOOK_FILE": "/run/secrets/slack", "SMTP_PASSWORD_FILE": "/run/secrets/password"}
    files["SMTP_CA_FILE"] = "/run/secrets/ca"
    result = check(
        MAIL | {"SMTP_USERNAME": "me", "SMTP_SECURITY": "starttls"} | files, f"{tmp_path}:/run/secrets"
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT is 'smtp': use a number."),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY is 'ssl': use one of none, starttls, tls."),
        ({"REPORT_TO": ""}, "REPORT_TO is empty while SMTP_HOST is set: say who gets the alerts."),
        ({"SMTP_PASSWORD_FILE": "/nowhere"}, "SMTP_PASSWORD_FILE is '/nowhere', which cannot be read."),
        ({"SMTP_CA_FILE": "/nowhere"}, "SMTP_CA_FILE is '/nowhere', which cannot be read."),
        (
            {"SMTP_USERNAME": "me", "SMTP_SECURITY": "tls"},
            "SMTP_PASSWORD is empty while SMTP_USERNAME is set: a login needs both.",
        ),
        (
            {"SMTP_USERNAME": "me", "SMTP_PASSWORD": "secret"},
            "SMTP_USERNAME is set while SMTP_SECURITY is none: use starttls or tls, or anybody can read the"
            " password.",
        ),
        ({"SLACK_WEBHOOK_FILE": "/nowhere"}, "SLACK_WEBHOOK_FILE is '/nowhere', which cannot be read."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], sentence: str) -> None:
    result = check(MAIL | settings)
    assert result.returncode == 2
    assert result.stderr.strip() == sentence


def test_an_alert_arrives_as_a_mail_and_so_does_its_end(post: Post) -> None:
    post.tell(ALERT)
    [mail] = eventually(post.mails)
    assert mail["subject"] == "[CRITICAL] stable-1 has not answered for 30 seconds"
    assert {to["address"] for to in mail["to"]} == {"night@example.org", "day@example.org"}
    for text in ALERT["annotations"].values():
        assert text in mail["html"]
        assert text in mail["text"]

    post.tell(ALERT | {"endsAt": datetime.now(UTC).isoformat()})
    mails = eventually(lambda: len(post.mails()) > 1 and post.mails())
    assert mails[1]["subject"] == "[RESOLVED] InstanceDown: stable-1 has not answered for 30 seconds"
    assert "RESOLVED" in mails[1]["html"]
    assert "until" in mails[1]["text"]


def test_the_demos_mailbox_gets_the_alerts_once_it_is_there_and_is_not_missed_before(hasty: Path) -> None:
    settings = {"DEMO_MAILBOX": "maildev:1025", "DEMO_MAILBOX_EVERY_S": "1"}
    with running(hasty, settings, mailbox=False) as started:
        assert "email_configs" not in started.configuration()
        started.tell(ALERT)
        eventually(lambda: started.metric("alertmanager_alerts_received_total"))
        assert started.metric("alertmanager_notifications_failed_total") == 0
        with started.mailbox() as post:
            eventually(lambda: "email_configs" in post.configuration())
            [mail] = eventually(post.mails)
            assert mail["subject"] == "[CRITICAL] stable-1 has not answered for 30 seconds"
            assert [to["address"] for to in mail["to"]] == ["you@localhost"]
        eventually(lambda: "email_configs" not in started.configuration())


def test_a_mail_server_wins_over_the_demos_mailbox(hasty: Path) -> None:
    settings = {"DEMO_MAILBOX": "nobody:1025", "DEMO_MAILBOX_EVERY_S": "1", **MAIL}
    with running(hasty, settings) as started:
        started.tell(ALERT)
        [mail] = eventually(started.mails)
        assert {to["address"] for to in mail["to"]} == {"night@example.org", "day@example.org"}


def test_what_belongs_together_comes_in_one_mail(post: Post) -> None:
    post.tell(just_begun(area="one"), just_begun(area="one", service="stable-2"))
    [mail] = eventually(post.mails)
    assert mail["subject"] == "[CRITICAL] stable-1 has not answered for 30 seconds (and 1 more)"
    assert mail["text"].count("Whom it hurts") == 2


def test_what_follows_from_something_worse_is_left_out(post: Post) -> None:
    names = ("EdgeDown", "PlatformGetsNoAnswer")
    post.tell(*(just_begun(area="another", alertname=name) for name in names))
    [mail] = eventually(post.mails)
    assert "EdgeDown" in mail["html"]
    assert "PlatformGetsNoAnswer" not in mail["html"]


def test_slack_gets_the_same_where_its_secret_is_given(hasty: Path) -> None:
    with webhook() as (port, messages):
        secret = hasty / "webhook"
        secret.write_text(f"http://{{gateway}}:{port}/services/T/B/x", "utf-8")
        settings = {"SLACK_WEBHOOK_FILE": "/etc/alertmanager/webhook"}
        with running(hasty, settings, secret=secret) as post:
            post.tell(ALERT)
            [message] = eventually(lambda: messages)
            assert post.mails() == []
    [part] = message["attachments"]
    assert part["title"] == "[CRITICAL] stable-1 has not answered for 30 seconds"
    assert "docker compose up -d --no-deps stable-1" in part["text"]
