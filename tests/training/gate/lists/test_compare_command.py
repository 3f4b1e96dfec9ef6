"""`marquee compare`: two models by hand."""

from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.paths import Paths
from tests.support.models import Size, write_model

SIZE = Size(users=30, movies=80, stored=0)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    found = Paths(tmp_path)
    for seed, name in ((1, "old"), (2, "new")):
        write_model(found.models / name, SIZE, version=name, seed=seed)
    return found


def test_two_models_are_compared_by_version_or_by_folder(
    paths: Paths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "pages" / "lists.html"
    assert main(["compare", "old", str(paths.models / "new"), "--page", str(page)]) == 0
    said = capsys.readouterr().out
    assert "of 5 limits.\n" in said
    assert "0.0% of the users are shown the very same list.\n" in said
    assert "Lists against those of old" in page.read_text("utf-8")


def test_a_model_against_itself_is_the_same(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "old", "old"]) == 0
    said = capsys.readouterr().out
    assert "Of 20 titles 20.0 stay, as a mean over 30 users;" in said
    assert "100.0% of the users are shown the very same list." in said


def test_a_model_that_is_not_there_is_named(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "old", "newer"]) != 0
    assert f"{paths.models / 'newer'}" in capsys.readouterr().err
