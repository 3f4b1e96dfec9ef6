"""What the code is called: its commit in a model, the first characters in a release."""

from pathlib import Path

import pytest

from auto_deployment.host.revision import Revision, code_revision
from tests.support.git import git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return repository(tmp_path / "checkout")


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init")
    (folder / "code.py").write_text(f"{folder.name}\n", "utf-8")
    git(folder, "add", "code.py")
    git(folder, "commit", "-m", "one")
    return folder


def test_a_checkout_is_called_by_its_commit(checkout: Path) -> None:
    found = code_revision(checkout)
    assert len(found.name) == 40
    assert found.is_dirty is False
    assert found.short == found.name[:8]


def test_a_changed_file_makes_the_code_dirty_and_a_new_one_does_not(checkout: Path) -> None:
    (checkout / "new.txt").write_text("data\n", "utf-8")
    assert code_revision(checkout).is_dirty is False
    (checkout / "code.py").write_text("two\n", "utf-8")
    found = code_revision(checkout)
    assert found.is_dirty is True
    assert found.short == f"{found.name[:8]}-dirty"


def test_code_without_a_repository_or_without_git_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_revision(tmp_path) == Revision("unknown")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision(tmp_path) == Revision("unknown")
    assert code_revision(tmp_path).short == "unknown"


def test_a_folder_inside_of_another_repository_does_not_borrow_its_name(checkout: Path) -> None:
    (checkout / "inner").mkdir()
    assert code_revision(checkout / "inner").short == "unknown"


def test_a_hook_of_another_repository_does_not_lend_its_name(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = code_revision(checkout)
    other = repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))  # as git sets it for its hooks
    assert code_revision(checkout) == expected


def test_the_environment_names_the_code_where_there_is_no_git(tmp_path: Path) -> None:
    found = code_revision(tmp_path, "v1.2.3-and-more")
    assert (found.name, found.is_dirty, found.short) == ("v1.2.3-and-more", None, "v1.2.3-and-more")
