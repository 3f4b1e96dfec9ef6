"""Training on a real Spark: that of one machine, and a cluster whose workers are killed meanwhile."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.artifact import Model, load
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.train import stage as train
from auto_deployment.training.workspace import Workspace
from tests.support.cycle.workspace import bytes_of, make_workspace
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.systems.spark import START_S, Standalone, standalone, training
from tests.support.training import small_params

SPARK: dict[str, object] = {
    "block_events": 100,
    "als_blocks": 2,
    "no_worker_max_s": 20,
    "driver_memory_mb": 512,
}
RATINGS = {"above": 0, "factors": 4, "iterations": 5, "regularization": 0.1, "bias_epochs": 3}
SPARK |= {"executor_memory_mb": 512, "ratings": RATINGS}
COMPUTES = re.compile(r"Spark computes (.+), attempt (\d)")


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parameters that cut a little data into several blocks."""
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    content["spark"] |= SPARK
    file = tmp_path_factory.mktemp("params") / "params.yaml"
    file.write_text(yaml.safe_dump(plain(content)), "utf-8")
    return file


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the local engine's candidate."""
    workspace = make_workspace(tmp_path_factory.mktemp("prepared") / "data")
    prepare.run(workspace, small_params().prepare)
    train.run(workspace, small_params())
    return workspace


@pytest.fixture
def workspace(prepared: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(prepared.root, tmp_path / "data")
    return Workspace(tmp_path / "data")


@pytest.fixture(scope="module")
def by_spark(prepared: Workspace, params: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return what Spark makes of it where nothing happens."""
    root = tmp_path_factory.mktemp("quiet") / "data"
    shutil.copytree(prepared.root, root)
    said = ended(training(root, params, SPARK_MASTER="local[2]"))
    assert said[0] == 0, said
    return load(Workspace(root).candidate)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Standalone]:
    (tmp_path / "spark").mkdir()
    with standalone(tmp_path / "spark") as found:
        yield found


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the status and what was said on standard error."""
    _, said = process.communicate(timeout=2 * START_S)
    return process.returncode, said


def wait_for_step(process: subprocess.Popen[str], step: str) -> str:
    """Read what the training says until it computes this step."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if (found := COMPUTES.search(line)) and found[1] == step:
            return said
    raise AssertionError(f"{step} never began: {said}")


def assert_alike(one: Model, other: Model) -> None:
    """Compare what was computed; sums in another order may differ in the last digits."""
    for name in ("user_factors", "item_factors", "user_bias"):
        assert one.arrays[name] == pytest.approx(other.arrays[name], abs=1e-3), name
    same = (one.arrays["top_items"][:, :10] == other.arrays["top_items"][:, :10]).mean()
    assert same > 0.95


def test_spark_fills_the_same_arrays_as_the_local_engine(prepared: Workspace, by_spark: Model) -> None:
    local = load(prepared.candidate)
    assert by_spark.manifest["engine"]["name"] == "spark"
    assert by_spark.movies.ids == local.movies.ids
    for name in ("user_ids", "seen_indptr", "seen_items", "item_popularity"):
        assert np.array_equal(by_spark.arrays[name], local.arrays[name]), name
    places = by_spark.arrays["item_indptr"], local.arrays["item_indptr"]
    assert abs(len(by_spark.arrays["item_weights"]) - len(local.arrays["item_weights"])) < 10
    assert places[0].shape == places[1].shape
    factors = int(by_spark.manifest["scalars"]["rank_factors"])
    assert np.abs(by_spark.arrays["user_factors"][:, :factors]).sum(axis=1).min() > 0
    assert np.abs(by_spark.arrays["user_factors"][:, factors:]).sum() > 0


@pytest.mark.parametrize(
    "step", ["factors of movies, 2", "sums over pairs of movies", "the factors of ratings"]
)
def test_a_worker_that_is_killed_costs_time_and_nothing_else(
    workspace: Workspace, params: Path, cluster: Standalone, by_spark: Model, step: str
) -> None:
    process = training(workspace.root, params, SPARK_MASTER=cluster.master)
    before = wait_for_step(process, step)
    cluster.kill("worker-1")
    status, after = ended(process)
    assert status == 0, before + after
    assert_alike(load(workspace.candidate), by_spark)


def test_without_any_worker_left_one_sentence_ends_it_and_the_candidate_is_as_it_was(
    workspace: Workspace, params: Path, cluster: Standalone
) -> None:
    before = bytes_of(workspace.candidate)
    process = training(workspace.root, params, SPARK_MASTER=cluster.master)
    wait_for_step(process, "sums over pairs of movies")
    cluster.kill("worker-1")
    cluster.kill("worker-2")
    status, said = ended(process)
    assert status == 1
    assert "had no worker for 20 s" in said.strip().splitlines()[-1]
    assert "Traceback" not in said
    assert bytes_of(workspace.candidate) == before


def test_a_master_that_is_not_there_is_named(workspace: Workspace, params: Path) -> None:
    before = bytes_of(workspace.candidate)
    master = f"spark://127.0.0.1:{free_port()}"
    status, said = ended(training(workspace.root, params, SPARK_MASTER=master))
    assert status == 1
    assert master in said.strip().splitlines()[-1]
    assert "Traceback" not in said
    assert bytes_of(workspace.candidate) == before
