"""Bringing data and model to a job: what is wrong is said with what to do about it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.git import git
from tests.support.project import PROJECT


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which small folders and a model were published, beside DVC's remote that has them."""
    root = tmp_path_factory.mktemp("published")
    folder, storage = root / "work", root / "storage"
    storage.mkdir()
    (folder / "scripts" / "gitlab").mkdir(parents=True)
    (folder / ".dvc").mkdir()
    shutil.copy(PROJECT / "scripts/gitlab/pull-data.sh", folder / "scripts/gitlab")
    for name in (".dvc/config", ".gitignore", ".dvcignore"):
        shutil.copy(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    git(folder, "init", "--quiet")
    for name in ("segments", "catalog", "champion", "model"):
        (folder / "data" / name).mkdir(parents=True)
        (folder / "data" / name / "file").write_text(f"of {name}\n")
    flow = {"package": {"cmd": "true", "outs": ["data/model"]}}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": flow}))
    dvc(folder, "remote", "add", "--local", "--default", "storage", str(storage))
    dvc(folder, "add", "data/segments", "data/catalog", "data/champion")
    dvc(folder, "commit", "--force", "package")
    dvc(folder, "push")
    (folder / ".dvc" / "config.local").unlink()
    shutil.rmtree(folder / ".dvc" / "cache")
    for name in ("segments", "catalog", "champion", "model"):
        shutil.rmtree(folder / "data" / name)
    return root


@pytest.fixture
def work(published: Path, tmp_path: Path) -> Path:
    """A copy of that checkout, with its remote, that a test may do anything to."""
    shutil.copytree(published, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy" / "work"


def dvc(folder: Path, *words: str) -> None:
    program = Path(sys.executable).with_name("dvc")
    subprocess.run([str(program), *words], cwd=folder, check=True, capture_output=True)


def pull(work: Path, what: str, **changed: str) -> subprocess.CompletedProcess[str]:
    usual = {"PATH": os.environ["PATH"], "HOME": str(work.parent), "DVC_REMOTE": str(work.parent / "storage")}
    return subprocess.run(
        ["bash", "scripts/gitlab/pull-data.sh", what], cwd=work, capture_output=True, text=True, check=False,
        env={**usual, **changed},
    )  # fmt: skip


def there(work: Path) -> list[str]:
    return sorted(path.parent.name for path in (work / "data").glob("*/file"))


@pytest.mark.parametrize(
    ("what", "brought"),
    [
        ("data", ["catalog", "champion", "segments"]),
        ("model", ["catalog", "champion", "model", "segments"]),
        ("packaged", ["model"]),
    ],
)
def test_what_is_asked_for_is_brought_whole(work: Path, what: str, brought: list[str]) -> None:
    done = pull(work, what)
    assert done.returncode == 0, done.stderr
    assert there(work) == brought


def test_without_the_remotes_address_the_variable_is_named(work: Path) -> None:
    done = pull(work, "model", DVC_REMOTE="")
    assert done.returncode == 1
    assert "DVC_REMOTE is not set" in done.stderr.splitlines()[-1]


def test_a_remote_that_cannot_be_read_is_said(work: Path) -> None:
    done = pull(work, "model", DVC_REMOTE=str(work / "nowhere"))
    assert done.returncode == 1
    assert "DVC's remote cannot be read from here" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("lock", ["stages: [", "schema: '2.0'\n", "<<<<<<< HEAD\n"])
def test_a_broken_lock_is_said_with_who_writes_it(work: Path, lock: str) -> None:
    (work / "dvc.lock").write_text(lock)
    done = pull(work, "model")
    assert done.returncode == 1
    assert "dvc.lock cannot be read: a retraining cycle writes it" in done.stderr.splitlines()[-1]
    assert there(work) == []


def test_a_revision_without_data_is_said(work: Path) -> None:
    for path in (work / "data").glob("*.dvc"):
        path.unlink()
    assert "nothing was published on it" in pull(work, "data").stderr
