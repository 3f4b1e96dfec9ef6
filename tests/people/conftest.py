"""A data directory with events of three users, and the command line on it."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.catalog import USERS
from auto_deployment.dataset.quarantine import STREAM_FORM, LinePosition, QuarantineWriter
from auto_deployment.dataset.reading import read_watches
from auto_deployment.paths import Paths
from tests.support.commands import said_by
from tests.support.feedback.world import World, request, told
from tests.support.ingest.corrections import rating
from tests.support.ingest.home import Home
from tests.support.ingest.segments import NOON, watch, write_segment
from tests.support.project import PROJECT
from tests.support.training import users_frame

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
def full(root: Path) -> Path:
    """Give a data directory that holds something of ann wherever it can."""
    paths = Paths(root)
    USERS.write(paths.catalog, users_frame([2, 3, ANN]))
    with QuarantineWriter(paths.quarantine, "a", STREAM_FORM, 2) as writer:
        for place, raw in enumerate(
            (f"2026-01-01T12:00,{ANN},GET /x", "2026-01-01T12:00,2,GET /x", f"{ANN}::7::5")
        ):
            writer.add(raw.encode(), "request", LinePosition(topic="t", partition=0, offset=place))
        writer.seal()
        writer.publish()
    world = World(root.parent)
    world.log(*(request(NOON, user, user) for user in (ANN, 2)))
    world.segment(*(told(NOON, user) for user in (ANN, 2)))
    world.collect()
    world.join(NOON)
    world.edge_log.unlink()
    return root


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


def quarantine(root: Path) -> list[bytes]:
    return [
        raw
        for path in sorted(Paths(root).quarantine.glob("*.parquet"))
        for raw in pq.read_table(path)["raw"].to_pylist()
    ]


def watched_minutes(root: Path) -> int:
    return int(read_watches(Paths(root).segments).frame["minutes_watched"].sum())
