"""From an instance that is gone to the mail that says so, and the one that says it is back."""

from collections.abc import Iterator
from itertools import dropwhile
from typing import Any

import pytest

from tests.support.systems.containers import docker
from tests.support.systems.stack import TestStack, get_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

MISSED = "stable-2"


@pytest.fixture
def uncontrolled(demo: TestStack) -> Iterator[TestStack]:
    """The demo while its controller looks away: it would bring back what is to be missed."""
    controller = demo.stack.container("controller")
    docker("pause", controller)
    yield demo
    docker("unpause", controller)
    demo.stack.wait_until_well("controller")


def about(stack: TestStack) -> list[dict[str, Any]]:
    """Return the mails that name the instance in their subject, in the order of their arrival."""
    mails: list[dict[str, Any]] = get_json(stack.ports["MAILDEV_PORT"], "/email")
    return [mail for mail in mails if f"{MISSED} has not answered" in mail["subject"]]


def is_missed(stack: TestStack) -> bool:
    """Tell whether Alertmanager has an alert about the instance."""
    alerts = get_json(stack.ports["ALERTMANAGER_PORT"], "/api/v2/alerts")
    return any(alert["labels"].get("service") == MISSED for alert in alerts)


def test_an_instance_that_is_gone_is_mailed_and_so_is_its_return(uncontrolled: TestStack) -> None:
    eventually(lambda: not is_missed(uncontrolled))  # for what was done to it before
    before = len(about(uncontrolled))

    def news() -> list[dict[str, Any]]:
        """Return the mails since then, but for a late one that says that all is well."""
        return list(dropwhile(lambda mail: "RESOLVED" in mail["subject"], about(uncontrolled)[before:]))

    instance = uncontrolled.stack.container(MISSED)
    docker("stop", instance)
    try:
        mail = eventually(lambda: news()[0])
        assert mail["subject"].startswith(f"[CRITICAL] {MISSED}")
        assert "docs/operations.md#instancedown" in mail["text"]
    finally:
        docker("start", instance)
    uncontrolled.stack.wait_until_well(MISSED)
    again = eventually(lambda: news()[1])
    assert again["subject"].startswith(f"[RESOLVED] InstanceDown: {MISSED}")
