"""One system for the story: its releases are fast, their disk is small, and the mail server is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.systems.load import USERS
from tests.support.systems.promise.report import Result, keep_artefacts
from tests.support.systems.promise.steady import Steady, Unnoticed
from tests.support.systems.releasing import ENDS, Releases, released
from tests.support.systems.stack import TestStack

RATE = 150.0  # a second: the judge needs 360 users of the canary, which has every fifth
DISK = {"type": "tmpfs", "device": "tmpfs", "o": "size=32m,uid=10001,gid=10001,mode=2775"}
HASTY: dict[str, Any] = {
    "environ": {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "team@example.org"},
    "release": {"warming_s": 3, "settle_s": 1, "start_max_s": 20},
    "judge": {"window_s": 10, "max_window_s": 30, "min_users": 100, "metrics_unavailable_max_s": 12},
    "services": {"controller": {"cpus": 1}},
    "volumes": {"releases": {"driver": "local", "driver_opts": DISK}},
}


@pytest.fixture(scope="package")
def releases(system: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """The system, with images of its own names, as releases move them; the common one is stopped."""
    system.sleep()
    folder = tmp_path_factory.mktemp("released")
    with released(system.stack, folder, more=HASTY) as found:
        yield found


@pytest.fixture(scope="package")
def steady(releases: Releases, say: Callable[[str], None]) -> Iterator[Steady]:
    """The people who ask during all chapters that promise something; at the end their table is printed."""
    people = Steady(releases.onlooker, releases.stack.port, RATE)
    yield people
    people.rest()
    if people.chapters:
        result = Result(tuple(people.chapters))
        say(result.table())
        keep_artefacts(result, "promise")


@pytest.fixture
def unnoticed(steady: Steady) -> Unnoticed:
    """Give a block during which people ask: none of them may be failed, or wait for more than 600 ms."""

    @contextmanager
    def chapter(title: str, users: int = USERS) -> Iterator[None]:
        with steady.chapter(title, users) as found:
            yield
        if complaints := found.complaints():
            pytest.fail("\n".join(complaints), pytrace=False)
        assert found.outcomes
        assert len(found.lines) >= len(found.outcomes)

    return chapter


@pytest.fixture
def nobody_asks(steady: Steady) -> None:
    """The test begins without anybody who asks."""
    steady.rest()


@pytest.fixture(autouse=True)
def _at_rest(releases: Releases) -> None:
    """Each chapter begins with a stable release that serves, and no other one under way."""
    if releases.newest() and releases.phase() not in ENDS:
        releases.marquee("abort", "--by", "ann", "--reason", "the test before has failed")
    releases.wait_for_rest()
