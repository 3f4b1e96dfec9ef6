"""`search personal` on a trained model: tables, and a document that keeps them."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from auto_deployment import cli
from auto_deployment.config import Settings
from auto_deployment.local.train import train_and_publish
from auto_deployment.paths import Paths
from auto_deployment.report import model_files
from tests.support.project import PROJECT
from tests.support.training import small_params, taste_rows, write_data

NOW = datetime(2026, 2, 1, 12, 34, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    content["search"].update(questions=3, passes=2)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content), "utf-8")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PARAMS_FILE", str(tmp_path / "params.yaml"))
    monkeypatch.setattr(model_files, "render_model_report", lambda metrics: "a report")
    return tmp_path


def test_it_measures_on_later_events_and_writes_its_tables(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, document = Settings.from_env(), data / "search.md"
    write_data(Paths(settings.data_dir), taste_rows())
    train_and_publish(settings, NOW)
    assert cli.main(["search", "build"]) == 0
    document.write_text("a\n<!-- personal tiny: begin -->\n<!-- personal tiny: end -->\nb\n")
    words = ["search", "personal", "--users", "20", "--movies", "1"]
    assert cli.main([*words, "--name", "tiny", "--write", str(document)]) == 0
    text = document.read_text()
    assert text.startswith("a\n<!--")
    assert text.endswith("-->\nb\n")
    assert "| question | asked | users | search alone | for the user | gain |" in text
    assert "A title that is asked for comes first in 100.0% of all cases." in text
    capsys.readouterr()
    assert cli.main([*words, "--name", "other", "--write", str(document)]) == 2
    assert "cannot take the table" in capsys.readouterr().err
    assert cli.main(["search", "personal", "--users", "0"]) == 2
