"""A master on an empty store."""

from pathlib import Path

import pytest

from tests.support.master import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)
