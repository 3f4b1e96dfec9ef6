"""A forgotten user in an imported file: the import stays the one that it was, without the user."""

from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.dataset.segments import list_segments
from auto_deployment.ingest.importing.stored import stored_sources
from auto_deployment.paths import Paths
from tests.support.ingest import rating_files

ANY = ("--allow-rejected", "1")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Paths(tmp_path / "data")


def users(paths: Paths) -> list[int]:
    return sorted(read_ratings(paths.segments).frame["user_id"].tolist())


def rejected(paths: Paths) -> list[str]:
    return sorted(path.name for path in paths.quarantine.glob("*.parquet"))


def test_the_import_is_known_by_its_content_and_can_be_replaced(
    paths: Paths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = str(rating_files.clean_ratings(tmp_path / "one.csv", ["1", "3", "5", "x"]))
    other = str(rating_files.clean_ratings(tmp_path / "other.csv", ["2", "6", "10", "x"]))
    assert main(["import", *ANY, one]) == 0
    before, (source,) = users(paths), stored_sources(paths.segments)
    gone = before[0]
    assert main(["forget", str(gone)]) == 0
    assert users(paths) == [user for user in before if user != gone]

    assert main(["import", *ANY, one]) == 0
    assert "already imported" in capsys.readouterr().out
    assert main(["import", *ANY, "--replace", source.name, other]) == 0
    assert gone not in users(paths)  # the new file tells of events of before the wish, too
    assert main(["ingest", "compact"]) == 0  # which writes it anew
    kept = rejected(paths)
    assert main(["import", *ANY, "--replace", source.name, other]) == 0
    assert "already imported" in capsys.readouterr().out
    assert rejected(paths) == kept != []
    assert gone not in users(paths)
    assert [one.meta.source["kind"] for one in list_segments(paths.segments)] == ["correction", "import"]
