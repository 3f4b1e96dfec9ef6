"""The model that an image build takes along."""

from pathlib import Path

import pytest
import yaml

from app.artifact import load
from app.probe import main as probe
from auto_deployment.cli import main
from tests.support.models import write_model
from tests.support.project import PROJECT


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    write_model(folder)
    return folder


def bake(published: Path, out: Path) -> int:
    return main(["bake", f"--published={published}", f"--out={out}"])


def test_the_published_model_is_taken_as_it_is(published: Path, tmp_path: Path) -> None:
    assert bake(published, tmp_path / "out") == 0
    assert load(tmp_path / "out").version == load(published).version


def test_a_damaged_published_model_ends_the_build_with_a_sentence(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (published / "user_bias.npy").write_bytes(b"")
    assert bake(published, tmp_path / "out") == 2
    assert "user_bias.npy has 0 bytes" in capsys.readouterr().err


def test_a_folder_that_is_there_is_not_written_over(published: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert bake(published, tmp_path / "out") == 2


def test_without_a_published_model_a_demo_model_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["simulate"] |= {"users": 300, "movies": 200, "days": 30}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    monkeypatch.setenv("PARAMS_FILE", str(tmp_path / "params.yaml"))
    assert bake(tmp_path / "nothing", tmp_path / "out") == 0
    assert probe(["model", str(tmp_path / "out")]) == 0


def test_a_model_that_cannot_be_served_is_named(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(["model", str(published)]) == 0
    (published / "manifest.json").unlink()
    assert probe(["model", str(published)]) == 1
    assert "manifest.json cannot be read" in capsys.readouterr().err
