"""Places for retraining cycles: with nothing published, and with one version published.

DVC is a stand-in there, which takes a tenth of its time; `test_fake_dvc.py` proves that it does the same.
What DVC alone can show (an upload that breaks off, a remote or a cache that lost something) has `real_one`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.publish.outcome import PUBLISHED
from tests.support.cycle import CycleHome
from tests.support.fake_dvc import standing_in


@pytest.fixture(scope="session")
def _stand_in(tmp_path_factory: pytest.TempPathFactory) -> str:
    return standing_in(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="module")
def quick_dvc(_stand_in: str) -> Iterator[None]:
    """Let `python -m dvc` be the stand-in, also for the processes that a test starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", _stand_in)
        yield


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> CycleHome:
    home = CycleHome(tmp_path_factory.mktemp("cycle") / "empty")
    home.prepare()
    return home


def publish_one(empty: CycleHome, name: str) -> CycleHome:
    home = empty.copy(empty.root.with_name(name))
    home.arrive("first")
    outcome = home.cycle()
    assert outcome.kind == PUBLISHED, outcome.sentence
    return home


@pytest.fixture(scope="session")
def _published(_empty: CycleHome, _stand_in: str) -> CycleHome:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", _stand_in)
        return publish_one(_empty, "published")


@pytest.fixture(scope="session")
def _really_published(_empty: CycleHome) -> CycleHome:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        return publish_one(_empty, "really-published")


@pytest.fixture
def home(_empty: CycleHome, quick_dvc: None, tmp_path: Path) -> CycleHome:
    """Give a place where nothing was published, nothing has come in, and all that is there is the code."""
    return _empty.copy(tmp_path / "home")


@pytest.fixture
def one(_published: CycleHome, quick_dvc: None, tmp_path: Path) -> CycleHome:
    """Give a place where one version is published, made of the segment `first`."""
    return _published.copy(tmp_path / "home")


@pytest.fixture
def real_one(_really_published: CycleHome, tmp_path: Path) -> CycleHome:
    """Give the same place with DVC itself."""
    return _really_published.copy(tmp_path / "home")
