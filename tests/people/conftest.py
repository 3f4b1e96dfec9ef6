"""A data directory with events of three users, and the command line on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.paths import Paths
from tests.support.commands import said_by
from tests.support.ingest.corrections import rating
from tests.support.ingest.home import Home
from tests.support.ingest.segments import watch, write_segment
from tests.support.project import PROJECT

Marquee = Callable[..., str]
ANN = 900_017  # a number that nothing else has


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give two segments; ann has rated heat at noon and watched alien from noon on."""
    paths = Paths(tmp_path / "data")
    write_segment(paths.segments, "a", [rating(ANN, "heat+1995", 2.0), rating(2, "heat+1995", 3.0)])
    write_segment(
        paths.segments,
        "b",
        [rating(3, "brazil+1985", 4.0), *watch(ANN, "alien+1979", 0, 1, 2), *watch(2, "alien+1979", 5)],
    )
    return paths.root


@pytest.fixture
def marquee(root: Path) -> Marquee:
    """Give what calls a command and returns what it prints, its errors too."""

    def call(*words: object) -> str:
        environ = {"DATA_DIR": str(root), "PARAMS_FILE": str(PROJECT / "params.yaml"), "LOG_LEVEL": "ERROR"}
        return said_by(environ, *map(str, words))

    return call


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give an empty data directory for a stream."""
    return Home(tmp_path / "data")
