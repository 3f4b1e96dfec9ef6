"""A workspace in which the flow has run."""

import shutil
from pathlib import Path

import pytest

from auto_deployment.training.workspace import Workspace
from tests.support.cycle.workspace import LOOSE, failed_of, make_workspace, run_stages


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace whose candidate has passed; tests change copies of it."""
    workspace = make_workspace(tmp_path_factory.mktemp("flow") / "data")
    assert failed_of(run_stages(workspace, gate=LOOSE)) == {}
    return workspace


@pytest.fixture
def workspace(finished: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(finished.root, tmp_path / "data")
    return Workspace(tmp_path / "data")
