"""The code revision of an image, where nobody says it."""

import subprocess
from pathlib import Path

import pytest

from tests.support.project import PROJECT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def revision(git: Path, given: str = "") -> str:
    command = ["sh", str(PROJECT / "app" / "revision.sh"), str(git), given]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_given_counts(tmp_path: Path) -> None:
    assert revision(tmp_path, "v1.2") == "v1.2"


@pytest.mark.parametrize("given", ["", "unknown"])
def test_without_a_checkout_it_is_unknown(tmp_path: Path, given: str) -> None:
    assert revision(tmp_path, given) == "unknown"


def test_the_branch_s_commit_is_found_where_git_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "HEAD").write_text("ref: refs/heads/wip/x\n", "utf-8")
    assert revision(tmp_path) == "unknown"
    (tmp_path / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/wip/x\n", "utf-8")
    assert revision(tmp_path) == COMMIT[:8]
    (tmp_path / "refs" / "heads" / "wip").mkdir(parents=True)
    (tmp_path / "refs" / "heads" / "wip" / "x").write_text(f"f{COMMIT[1:]}\n", "utf-8")
    assert revision(tmp_path) == f"f{COMMIT[1:8]}"


def test_a_detached_head_is_its_commit(tmp_path: Path) -> None:
    (tmp_path / "HEAD").write_text(f"{COMMIT}\n", "utf-8")
    assert revision(tmp_path) == COMMIT[:8]
