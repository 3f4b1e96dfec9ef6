"""NGINX in front of instances that do what a test tells them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.recommender import Recommender
from auto_deployment.local.static_list import publish
from tests.support.edge.edge import Edge, running_edge, stub_instances
from tests.support.edge.stub_instance import StubInstance
from tests.support.models import write_model

MODEL_VERSION = "20261101T0000-00000000"


@pytest.fixture
def instances() -> Iterator[dict[str, StubInstance]]:
    with stub_instances() as started:
        yield started


@pytest.fixture
def edge(tmp_path: Path, instances: dict[str, StubInstance]) -> Iterator[Edge]:
    with running_edge(tmp_path / "run", [instance.address for instance in instances.values()]) as running:
        yield running


@pytest.fixture
def static_list(edge: Edge) -> str:
    """Give NGINX the popularity list of a generated model; return its line of ids."""
    recommender = Recommender(write_model(edge.layout.root / "model", version=MODEL_VERSION))
    publish(recommender, f"{MODEL_VERSION}-abc", edge.layout.static)
    return ",".join(recommender.movie_ids[row] for row in recommender.popular(20).rows)
