"""From an instance that is gone to the mail that says so, and the one that says it is back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.systems.containers import docker
from tests.support.systems.stack import TestStack, get_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

MAIL = {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "night@example.org"}


@pytest.fixture
def mailing(stack: TestStack) -> Iterator[TestStack]:
    """The demo, with alerts by mail, and without the controller: it would bring back what is to be missed."""
    up = ("up", "-d", "--no-build", "--no-deps", "--wait")
    with_mail = replace(stack.stack, environ={**stack.stack.environ, **MAIL})
    with_mail.compose("--profile", "demo", *up, "alertmanager", "maildev")
    stack.stack.compose("stop", "controller")
    yield stack
    stack.stack.compose(*up, "alertmanager", "controller")


def about(stack: TestStack, service: str) -> list[dict[str, Any]]:
    """Return the mails that name a service in their subject."""
    mails: list[dict[str, Any]] = get_json(stack.ports["MAILDEV_PORT"], "/email")
    return [mail for mail in mails if f"{service} has not answered" in mail["subject"]]


def test_an_instance_that_is_gone_is_mailed_and_so_is_its_return(mailing: TestStack) -> None:
    instance = mailing.stack.container("stable-2")
    docker("stop", instance)
    try:
        [mail] = eventually(lambda: about(mailing, "stable-2"), 180)
        assert mail["subject"].startswith("[CRITICAL] stable-2")
        assert "docs/operations.md#instancedown" in mail["text"]
    finally:
        docker("start", instance)
    mailing.stack.wait_until_well("stable-2")
    again = eventually(lambda: len(mails := about(mailing, "stable-2")) > 1 and mails, 240)
    assert again[1]["subject"].startswith("[RESOLVED] InstanceDown: stable-2")
