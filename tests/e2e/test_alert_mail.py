"""From an instance that is gone to the mail that says so, and the one that says it is back."""

from collections.abc import Iterator
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


def mails(stack: TestStack) -> list[dict[str, Any]]:
    """Return all mails, in the order of their arrival."""
    found: list[dict[str, Any]] = get_json(stack.ports["MAILDEV_PORT"], "/email")
    return found


def is_missed(stack: TestStack) -> bool:
    """Tell whether Alertmanager has an alert about the instance."""
    alerts = get_json(stack.ports["ALERTMANAGER_PORT"], "/api/v2/alerts")
    return any(alert["labels"].get("service") == MISSED for alert in alerts)


def test_an_instance_that_is_gone_is_mailed_and_so_is_its_return(uncontrolled: TestStack) -> None:
    def mailed(said: str, after: int) -> int:
        """Wait for a mail that says so of the instance, and return its place.

        The mail may say more: on a slow host another instance may be missed beside it, alerts of one area are
        mailed together, and then the subject names the other.
        """

        def places() -> list[int]:
            words = f"{said}{MISSED} has not answered"
            found = enumerate(mails(uncontrolled))
            return [place for place, mail in found if place >= after and words in mail["text"]]

        def all_mails() -> list[str]:
            return [mail["subject"] for mail in mails(uncontrolled)]

        return int(eventually(lambda: places()[:1], saying=all_mails)[0])

    eventually(lambda: not is_missed(uncontrolled))  # for what was done to it before
    before = len(mails(uncontrolled))
    instance = uncontrolled.stack.container(MISSED)
    docker("stop", instance)
    try:
        gone = mailed("CRITICAL: ", before)
        mail = mails(uncontrolled)[gone]
        assert mail["subject"].startswith("[CRITICAL] ")
        assert "docs/operations.md#instancedown" in mail["text"]
    finally:
        docker("start", instance)
    uncontrolled.stack.wait_until_well(MISSED)
    mailed("RESOLVED: InstanceDown, ", gone + 1)
