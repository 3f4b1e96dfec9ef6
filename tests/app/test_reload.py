"""A running service and the models that are put in front of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.model_format import ARRAYS, MANIFEST, MOVIES
from tests.app.test_artifact import flip_byte, rewrite_manifest
from tests.support.models import Size, write_model
from tests.support.server import Server, serving
from tests.support.waiting import eventually

KINDS = [*(f"{name}.npy" for name in ARRAYS), MOVIES, MANIFEST]


class Deployment:
    """A service, and the link that says which model it shall serve."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.current = root / "current"
        self.server: Server

    def use(self, folder: Path) -> None:
        link = self.root / ".next"
        link.symlink_to(folder.name)
        link.rename(self.current)

    def copy(self, name: str) -> Path:
        return shutil.copytree(self.root / "v1", self.root / name)

    def versions(self) -> set[str]:
        """Return the versions that answers name just now, of all workers as far as chance shows them."""
        answers = [requests.get(f"{self.server.url}/recommend/7", timeout=10) for _ in range(12)]
        assert {answer.status_code for answer in answers} == {200}
        return {answer.headers["X-Model-Version"] for answer in answers}

    def wait_for_log(self, text: str, times: int) -> None:
        eventually(lambda: self.server.log_text().count(text) >= times, saying=self.server.log_text)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path)
    write_model(tmp_path / "v1", Size(), version="v1")
    deployment.use(tmp_path / "v1")
    environ = {"MODEL_DIR": str(deployment.current), "MODEL_POLL_S": "0.05"}
    with serving(tmp_path / "log", environ) as deployment.server:
        yield deployment


def test_damaged_models_are_refused_and_a_good_one_is_taken(deployment: Deployment) -> None:
    for kind in KINDS:
        damaged = deployment.copy(f"flipped-{kind}")
        flip_byte(damaged / kind, (damaged / kind).stat().st_size // 2)
        deployment.use(damaged)
        deployment.wait_for_log(f"New model refused, v1 stays in use: {damaged / kind} ", times=2)
        assert deployment.versions() == {"v1"}
    write_model(deployment.root / "v2", Size(), version="v2", seed=2)
    deployment.use(deployment.root / "v2")
    deployment.wait_for_log("Model v2 replaces v1", times=2)
    assert deployment.versions() == {"v2"}
    metrics = requests.get(f"{deployment.server.url}/metrics", timeout=10).text
    loads = 'marquee_model_loads_total{model="recommender",outcome="'
    assert f'{loads}refused",track="stable"}} {2 * len(KINDS)}.0' in metrics
    assert f'{loads}loaded",track="stable"}} 2.0' in metrics


def test_incomplete_and_foreign_models_are_refused(deployment: Deployment) -> None:
    incomplete = deployment.copy("incomplete")
    (incomplete / "seen_items.npy").unlink()
    deployment.use(incomplete)
    deployment.wait_for_log(f"v1 stays in use: {incomplete}/seen_items.npy cannot be read", times=2)
    foreign = deployment.copy("foreign")
    rewrite_manifest(foreign, format=3)
    deployment.use(foreign)
    deployment.wait_for_log(f"v1 stays in use: {foreign}/{MANIFEST} has format 3", times=2)
    deployment.current.unlink()
    deployment.wait_for_log(f"v1 stays in use: {deployment.current}/{MANIFEST} cannot be read", times=2)
    assert deployment.versions() == {"v1"}
    assert "Traceback" not in deployment.server.log_text()


def test_a_worker_that_starts_later_takes_the_newest_model(deployment: Deployment) -> None:
    write_model(deployment.root / "v2", Size(), version="v2", seed=2)
    deployment.use(deployment.root / "v2")
    deployment.wait_for_log("Model v2 replaces v1", times=2)
    deployment.server.kill_worker()
    deployment.wait_for_log("Model v2 replaces v1", times=3)
    assert deployment.versions() == {"v2"}
