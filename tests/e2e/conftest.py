"""One whole system for all of these tests: building and starting it takes longer than most of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.systems.containers import Stack
from tests.support.systems.lab import require_docker
from tests.support.systems.stack import UP, TestStack, running_stack

# What a run shall say at its end, whether or not its tests have passed.
SAYS = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests last, so that no whole system runs beside others; first those that need the common one.

    No test depends on this order: it is for the time that all of them take.
    """

    def turn(item: pytest.Item) -> int:
        if Path(__file__).parent not in item.path.parents:
            return 0
        names: list[str] = getattr(item, "fixturenames", [])
        return 1 if "stack" in names else 2 if "images" in names else 3

    items.sort(key=turn)


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Give a function that has a line printed after the last test."""
    lines = request.config.stash.setdefault(SAYS, [])
    return lambda line: lines.append(line.strip())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the tests had to say."""
    for line in config.stash.get(SAYS, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """What `docker compose up -d --wait` gives, from nothing; `stack` and `images` say whether it runs."""
    require_docker()
    with running_stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture(scope="module")
def stack(system: TestStack) -> TestStack:
    """The system, running."""
    system.wake()
    return system


@pytest.fixture(scope="module")
def demo(stack: TestStack) -> TestStack:
    """The system with its platform: events, requests and a mailbox."""
    stack.stack.compose("--profile", "demo", *UP)
    return stack


@pytest.fixture(scope="module")
def images(system: TestStack) -> Stack:
    """The system's images for those who start containers of their own; the system itself is stopped.

    Fifteen containers that nobody asks would take from them what they measure: the machine's time.
    """
    system.sleep()
    return system.stack
