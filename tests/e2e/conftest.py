"""One whole system for all of these tests: building and starting it takes longer than most of them."""

from collections.abc import Iterator

import pytest

from tests.support.lab import require_docker
from tests.support.stack import TestStack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """What `docker compose up -d --wait` gives, from nothing."""
    require_docker()
    with running_stack(tmp_path_factory.mktemp("stack")) as started:
        yield started
