"""Which engine computes: chosen by a setting, told by the manifest, refused with what to install."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from auto_deployment.cli import main
from auto_deployment.config import Settings, SettingsError
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.params import SparkParams
from auto_deployment.training.train import stage
from auto_deployment.training.train.engines.chosen import engine_of
from auto_deployment.training.train.engines.local import LOCAL
from auto_deployment.training.workspace import Workspace
from tests.support.training import small_params

PARAMS = SparkParams()


@pytest.fixture
def no_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_without_a_setting_this_machine_computes() -> None:
    engine = Settings.from_env({}).engine
    assert (engine.engine, engine.spark_master) == ("local", None)
    assert engine_of(engine.engine, None, None, PARAMS) is LOCAL


def test_a_master_alone_does_not_choose_spark() -> None:
    assert engine_of("local", "spark://nobody:7077", None, PARAMS) is LOCAL


@pytest.mark.parametrize("master", ["local[2]", "local[*]", "spark://one:7077", "spark://one:7077,two:7077"])
def test_masters_are_taken_as_spark_writes_them(master: str) -> None:
    engine = Settings.from_env({"TRAIN_ENGINE": "spark", "SPARK_MASTER": master}).engine
    assert (engine.engine, engine.spark_master) == ("spark", master)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TRAIN_ENGINE": "flink"}, "TRAIN_ENGINE is 'flink': use one of local, spark"),
        ({"TRAIN_ENGINE": "spark"}, "SPARK_MASTER is not set"),
        ({"TRAIN_ENGINE": "spark", "SPARK_MASTER": "yarn"}, "SPARK_MASTER is 'yarn': use spark://HOST:PORT"),
        ({"SPARK_MASTER": "local"}, "SPARK_MASTER is 'local'"),
        ({"SPARK_DRIVER_HOST": "a b"}, "SPARK_DRIVER_HOST is 'a b'"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env(environ)
    assert said in str(refusal.value)


@pytest.mark.usefixtures("no_pyspark")
def test_without_pyspark_one_sentence_says_what_to_install() -> None:
    with pytest.raises(TrainingError, match=r"pyspark is not installed: install .*spark\.txt, or take"):
        engine_of("spark", "local[2]", None, PARAMS)


@pytest.mark.usefixtures("no_java")
def test_without_java_one_sentence_says_what_to_install() -> None:
    with pytest.raises(TrainingError, match=r"there is no `java`: install Java 17 or 21"):
        engine_of("spark", "local[2]", None, PARAMS)


@pytest.mark.usefixtures("no_java")
def test_a_home_of_java_that_has_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(TrainingError, match="JAVA_HOME names no Java"):
        engine_of("spark", "local[2]", None, PARAMS)


@pytest.mark.usefixtures("no_pyspark")
def test_a_stage_without_spark_ends_with_one_sentence_and_leaves_the_candidate_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (workspace.candidate / "manifest.json").read_bytes()
    for name, value in {
        "DATA_DIR": str(workspace.root), "TRAIN_ENGINE": "spark", "SPARK_MASTER": "local[2]",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert main(["stage", "train"]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "pyspark is not installed" in said[0]
    assert (workspace.candidate / "manifest.json").read_bytes() == before


class Foreign:
    """An engine that computes as the local one does, under another name."""

    continues = False
    fit_parts = LOCAL.fit_parts

    def describe(self) -> dict[str, object]:
        return {"engine": {"name": "spark"}}


def test_the_manifest_names_another_engine_and_only_that(workspace: Workspace) -> None:
    manifest = workspace.candidate / "manifest.json"
    content = []
    for engine in (LOCAL, Foreign()):
        stage.run(workspace, small_params(), engine)
        content.append(json.loads(manifest.read_bytes()))
    assert "engine" not in content[0]
    assert content[1].pop("engine") == {"name": "spark"}
    assert {**content[0], "seal": ""} == {**content[1], "seal": ""}
