"""Places for retraining cycles: with nothing published, and with one version published."""

from pathlib import Path

import pytest

from auto_deployment.publish.outcome import PUBLISHED
from tests.support.cycle import CycleHome


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> CycleHome:
    home = CycleHome(tmp_path_factory.mktemp("cycle") / "empty")
    home.prepare()
    return home


@pytest.fixture(scope="session")
def _published(_empty: CycleHome) -> CycleHome:
    home = _empty.copy(_empty.root.with_name("published"))
    home.arrive("first")
    outcome = home.cycle()
    assert outcome.kind == PUBLISHED, outcome.sentence
    return home


@pytest.fixture
def home(_empty: CycleHome, tmp_path: Path) -> CycleHome:
    """Give a place where nothing was published, nothing has come in, and all that is there is the code."""
    return _empty.copy(tmp_path / "home")


@pytest.fixture
def one(_published: CycleHome, tmp_path: Path) -> CycleHome:
    """Give a place where one version is published, made of the segment `first`."""
    return _published.copy(tmp_path / "home")
