"""Alertmanager: which settings it takes, and what a person gets."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.alertmanager import FOLDER, MAILDEV_IMAGE, Post, check, published, start_words
from tests.support.kafka import eventually
from tests.support.lab import docker, network, require_docker
from tests.support.rules import read_alerts

pytestmark = pytest.mark.lab

MAIL = {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "night@example.org, day@example.org"}


@pytest.fixture(autouse=True)
def engine() -> None:
    require_docker()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """Start both; Alertmanager waits for seconds instead of minutes."""
    folder = tmp_path / "alertmanager"
    shutil.copytree(FOLDER, folder)
    file = folder / "alertmanager.yml"
    file.write_text(file.read_text("utf-8").replace("group_interval: 1m", "group_interval: 1s"), "utf-8")
    with network() as net:
        run = ("run", "--detach", f"--network={net}")
        mail = docker(*run, "--network-alias=maildev", "--publish=127.0.0.1::1080", MAILDEV_IMAGE)
        alerts = docker(*run, "--publish=127.0.0.1::9093", *start_words(MAIL, folder))
        running = Post(published(alerts, 9093), published(mail, 1080))
        eventually(running.answers)
        yield running


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
    for name in ("slack", "password"):
        (tmp_path / name).write_text("https://hooks.example.org/services/T/B/x", "utf-8")
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    files = {"SLACK_WEBHOOK_FILE": "/run/secrets/slack", "SMTP_PASSWORD_FILE": "/run/secrets/password"}
    result = check(MAIL | {"SMTP_USERNAME": "me"} | files, f"{tmp_path}:/run/secrets")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT is 'smtp': use a number."),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY is 'ssl': use one of none, starttls, tls."),
        ({"REPORT_TO": ""}, "REPORT_TO is empty while SMTP_HOST is set: say who gets the alerts."),
        ({"SMTP_PASSWORD_FILE": "/nowhere"}, "SMTP_PASSWORD_FILE is '/nowhere', which cannot be read."),
        ({"SLACK_WEBHOOK_FILE": "/nowhere"}, "SLACK_WEBHOOK_FILE is '/nowhere', which cannot be read."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], sentence: str) -> None:
    result = check(MAIL | settings)
    assert result.returncode == 2
    assert result.stderr.strip() == sentence


def test_an_alert_arrives_as_a_mail_and_so_does_its_end(post: Post) -> None:
    alert = next(alert for alert in read_alerts() if alert.name == "InstanceDown")
    said = {
        name: text.replace("{{ $labels.service }}", "stable-1") for name, text in alert.annotations.items()
    }
    labels = {"alertname": alert.name, "service": "stable-1", "track": "stable", **alert.labels}
    now = datetime.now(UTC)
    post.tell(
        labels=labels, annotations=said, startsAt=now.isoformat(), generatorURL="http://localhost:9090/graph"
    )
    [mail] = eventually(post.mails)
    assert mail["subject"] == "[CRITICAL] stable-1 has not answered for 30 seconds"
    assert {to["address"] for to in mail["to"]} == {"night@example.org", "day@example.org"}
    for text in said.values():
        assert text in mail["html"]
        assert text in mail["text"]

    ended = (now + timedelta(seconds=1)).isoformat()
    post.tell(labels=labels, annotations=said, startsAt=now.isoformat(), endsAt=ended)
    mails = eventually(lambda: len(post.mails()) > 1 and post.mails())
    assert mails[1]["subject"] == "[RESOLVED] InstanceDown: stable-1 has not answered for 30 seconds"
    assert "RESOLVED" in mails[1]["html"]
    assert "until" in mails[1]["text"]
