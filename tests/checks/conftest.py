"""A data directory for checks."""

from pathlib import Path

import pytest

from tests.support.ingest.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give an empty data directory."""
    return Home(tmp_path / "data")
