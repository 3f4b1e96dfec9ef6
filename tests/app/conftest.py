"""A small generated model, and the service around it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.recommender import Recommender
from tests.support.models import Size, write_model

VERSION = "20261101T0000-00000000"


@pytest.fixture(scope="session")
def size() -> Size:
    return Size()


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory, size: Size) -> Path:
    """A model that no test changes."""
    folder = tmp_path_factory.mktemp("models") / VERSION
    write_model(folder, size, version=VERSION)
    return folder


@pytest.fixture(scope="session")
def item_model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with an item part that no test changes."""
    folder = tmp_path_factory.mktemp("item_models") / VERSION
    write_model(folder, Size(neighbours=40), version=VERSION)
    return folder


@pytest.fixture
def settings(model_dir: Path) -> Settings:
    return Settings(model_dir=model_dir, track="canary", code_revision="abc1234")


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


@pytest.fixture(scope="session")
def recommender(model_dir: Path) -> Recommender:
    from app.artifact import load

    return Recommender(load(model_dir))
