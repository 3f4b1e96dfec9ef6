"""One whole system for all of these tests: building and starting it takes longer than most of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.systems.gitlab_loop import GITLAB, Loop, gitlab_loop
from tests.support.systems.lab import docker_answers, require_docker
from tests.support.systems.prestarted import Early
from tests.support.systems.stack import UP, TestStack, running_stack

DEMO = ("--profile", "demo")
# What a run shall say at its end, whether or not its tests have passed.
SAYS = pytest.StashKey[list[str]]()
# These measure nothing: what EARLY needs starts beside them, and the demo's events come in meanwhile.
BESIDE = (
    *("test_start.py", "test_images.py", "test_settings.py"),
    *("test_demo.py", "test_queries.py", "test_alert_mail.py"),
)
EARLY = "test_gitlab.py"
ORDER = (*BESIDE, EARLY, "test_faults.py", "test_restore.py")
# The pipeline's own tests run in CI anyway: here a few of them show that they are asked.
VARIABLES = {"TESTS": "tests/app/test_recommend_route.py tests/app/test_other_routes.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests last, so that nothing measures a whole system beside others.

    First those that measure nothing, then those of what starts beside them, then those of the common system,
    and last those who have a system of their own. No test depends on this order: it is for the time that all
    of them take.
    """

    def turn(item: pytest.Item) -> int:
        if Path(__file__).parent not in item.path.parents:
            return -1
        return ORDER.index(item.path.name) if item.path.name in ORDER else len(ORDER)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Give a function that has a line printed after the last test."""
    lines = request.config.stash.setdefault(SAYS, [])
    return lambda line: lines.append(line.strip())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the tests had to say."""
    for line in config.stash.get(SAYS, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def early_loop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Early[Loop]]:
    """GitLab's loop: it starts at once where its tests come after some that measure nothing."""
    folder = tmp_path_factory.mktemp("gitlab")
    loop = Early(lambda: gitlab_loop(folder, VARIABLES))
    names = {item.path.name for item in request.session.items}
    alone = not hasattr(request.config, "workerinput")  # each of several workers knows all tests
    if (
        alone
        and EARLY in names
        and not names.isdisjoint(BESIDE)
        and docker_answers()
        and shutil.which(GITLAB)
    ):
        loop.start()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """What `docker compose up -d --wait` gives, from nothing; `stack` says that it runs.

    Where a test will ask for the demo it is there from the beginning: its events come in meanwhile.
    """
    require_docker()
    wanted = any("demo" in getattr(item, "fixturenames", []) for item in request.session.items)
    folder = tmp_path_factory.mktemp("stack")
    with running_stack(folder, up=False) as started:
        started.stack.compose(*(DEMO if wanted else ()), *UP)
        yield started


@pytest.fixture(scope="module")
def stack(system: TestStack) -> TestStack:
    """The system, running."""
    system.wake()
    return system


@pytest.fixture(scope="module")
def demo(stack: TestStack) -> TestStack:
    """The system with its platform: events, requests and a mailbox."""
    if "simulator" not in stack.stack.services():
        stack.stack.compose(*DEMO, *UP)
    return stack
