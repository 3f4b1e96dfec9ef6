"""Places for retraining cycles: with nothing published, and with one version published.

DVC is a stand-in there, which takes a tenth of its time; `test_fake_dvc.py` proves that it does the same.
What only DVC can show (an upload that breaks off, a remote or a cache that lost something) has `dvc_itself`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.cycle.outcome import PUBLISHED
from tests.support.cycle.fake_dvc import standing_in
from tests.support.cycle.home import CycleHome


@pytest.fixture(scope="session")
def _stand_in(tmp_path_factory: pytest.TempPathFactory) -> str:
    return standing_in(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="module")
def quick_dvc(_stand_in: str) -> Iterator[None]:
    """Let `python -m dvc` be the stand-in, also for the processes that a test starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", _stand_in)
        yield


@pytest.fixture
def dvc_itself(quick_dvc: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let DVC itself do what concerns its remote, the stand-in the rest."""
    monkeypatch.setenv("DVC_ITSELF", "gc pull push")


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> CycleHome:
    home = CycleHome(tmp_path_factory.mktemp("cycle") / "empty")
    home.prepare()
    return home


@pytest.fixture(scope="session")
def _published(_empty: CycleHome, _stand_in: str) -> CycleHome:
    home = _empty.copy(_empty.root.with_name("published"))
    home.arrive("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", _stand_in)
        patch.delenv("DVC_ITSELF", raising=False)
        outcome = home.cycle()
    assert outcome.kind == PUBLISHED, outcome.sentence
    return home


@pytest.fixture
def home(_empty: CycleHome, quick_dvc: None, tmp_path: Path) -> CycleHome:
    """Give a place where nothing was published, nothing has come in, and all that is there is the code."""
    return _empty.copy(tmp_path / "home")


@pytest.fixture
def one(_published: CycleHome, quick_dvc: None, tmp_path: Path) -> CycleHome:
    """Give a place where one version is published, made of the segment `first`."""
    return _published.copy(tmp_path / "home")
