"""What most tests of releases begin with."""

from pathlib import Path

import pytest

from tests.support.release.world import World, quick


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, quick())
