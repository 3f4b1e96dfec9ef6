"""The model of a published version, for whoever builds an image of it."""

import io
import tarfile
from pathlib import Path

import pytest

from auto_deployment import cli
from auto_deployment.commands import fetch
from auto_deployment.paths import Paths
from auto_deployment.publish.fetching import newest
from auto_deployment.release.records import ARTEFACT, RejectedRelease, add_rejected
from tests.support.cycle.published_versions import MODEL_BYTES, make_versions

V = [f"2026030{day}T1200-0000000{day}" for day in (1, 2)]


@pytest.fixture(scope="module")
def data_dir(quick_dvc: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("host") / "data"
    make_versions(Paths(root).cycle, V)
    return root


@pytest.fixture(autouse=True)
def settings(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))


def first_byte(folder: Path) -> int:
    content = (folder / "item_factors.npy").read_bytes()
    assert len(content) == MODEL_BYTES
    return content[0]


def test_without_a_name_it_is_the_newest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fetch", "--out", str(tmp_path / "model")]) == 0
    assert first_byte(tmp_path / "model") == 1
    assert V[1] in capsys.readouterr().err


def test_an_older_version_is_had_by_its_name_and_leaves_nothing_behind(
    tmp_path: Path, data_dir: Path
) -> None:
    assert cli.main(["fetch", V[0], "--out", str(tmp_path / "model")]) == 0
    assert first_byte(tmp_path / "model") == 0
    assert list(Paths(data_dir).cycle.glob(".fetch-*")) == []


def test_a_pipe_gets_a_tar(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["fetch", V[0], "--out", "-"]) == 0
    with tarfile.open(fileobj=io.BytesIO(capfdbinary.readouterr().out)) as archive:
        archive.extractall(tmp_path, filter="data")
    assert first_byte(tmp_path) == 0


@pytest.mark.parametrize("words", [["20260309T1200-ffffffff"], ["nonsense"]])
def test_what_was_never_published_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fetch", *words, "--out", str(tmp_path / "model")]) == 1
    assert "was never published" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_a_folder_that_is_there_is_not_written_to(tmp_path: Path) -> None:
    assert cli.main(["fetch", "--out", str(tmp_path)]) == 2


def test_before_the_first_cycle_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "empty"))
    assert cli.main(["fetch", "--out", str(tmp_path / "model")]) == fetch.NOTHING_PUBLISHED
    assert "nothing has been published" in capsys.readouterr().err


def test_what_a_release_has_rejected_is_not_the_newest() -> None:
    assert newest({"1": "a", "2": "b"}, set()) == "2"
    assert newest({"1": "a", "2": "b"}, {"b"}) == "1"
    assert newest({"1": "a"}, {"a"}) is None
    assert newest({"1": "a", "2": None}, set()) == "1"  # a tag of somebody else


def test_where_everything_was_rejected_there_is_nothing_to_release(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = Paths(data_dir)
    add_rejected(paths, RejectedRelease(ARTEFACT, "r", "slow", "2026-03-03T12:00:00Z", content_hash="c0ffee"))
    try:
        assert cli.main(["fetch", "--out", str(tmp_path / "model")]) == fetch.NOTHING_PUBLISHED
    finally:
        (paths.releases / "rejected.json").unlink()
    assert "may be released" in capsys.readouterr().err
