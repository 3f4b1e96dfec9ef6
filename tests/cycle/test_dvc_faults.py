"""DVC itself: a remote that is away, no folder, or full; an upload that breaks off; a cache that is gone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.cycle.outcome import FAILED, PUBLISHED
from tests.support.cycle import published
from tests.support.cycle.home import CycleHome, killed_at

pytestmark = pytest.mark.usefixtures("dvc_itself")


def refused(home: CycleHome, said: str) -> str:
    """Run a cycle that cannot upload; nothing of it may be visible."""
    before, head = home.versions(), home.head()
    home.arrive("second")
    outcome = home.cycle(1)
    assert (outcome.kind, outcome.step) == (FAILED, "upload")
    assert outcome.sentence.startswith("The DVC remote cannot be written: ")
    assert said in outcome.sentence
    assert (home.versions(), home.head()) == (before, head)
    return outcome.sentence


def recovers(home: CycleHome) -> None:
    outcome = home.cycle(2)
    assert outcome.kind == PUBLISHED, outcome.sentence
    assert home.gaps() == []


def test_a_file_in_place_of_the_folder(one: CycleHome) -> None:
    kept = one.storage.rename(one.root / "kept")
    one.storage.write_text("a file\n")
    refused(one, "Not a directory")
    one.storage.unlink()
    kept.rename(one.storage)
    recovers(one)


def test_a_folder_that_may_not_be_written(one: CycleHome) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    for path in [one.storage, *one.storage.rglob("*")]:
        if path.is_dir():
            path.chmod(0o555)
    refused(one, "Permission denied")
    for path in [one.storage, *one.storage.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    recovers(one)


@pytest.fixture
def small_disk(one: CycleHome) -> Iterator[Path]:
    """Give a file system beside the DVC remote that is full at once."""
    folder = one.root / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=40", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(one: CycleHome, small_disk: Path) -> None:
    kept = one.storage.rename(one.root / "kept")
    shutil.copytree(kept, small_disk, dirs_exist_ok=True)
    one.storage.symlink_to(small_disk)
    (small_disk / "filler").write_bytes(bytes(65536 - used(small_disk)))
    refused(one, "No space left on device")
    one.storage.unlink()
    kept.rename(one.storage)
    assert one.gaps() == []


def test_a_disk_that_is_read_only(one: CycleHome, small_disk: Path) -> None:
    kept = one.storage.rename(one.root / "kept")
    shutil.copytree(kept, small_disk, dirs_exist_ok=True)
    one.storage.symlink_to(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused(one, "Read-only file system")


def test_killed_within_the_upload_nothing_is_visible_and_the_next_run_brings_the_rest(one: CycleHome) -> None:
    before, head, storage = one.versions(), one.head(), published.stored(one.storage)
    one.arrive("second")
    killed_at(one, 1, "half-upload")
    assert (one.versions(), one.head(), one.gaps()) == (before, head, [])
    half = published.stored(one.storage)
    assert half.items() > storage.items()  # data without a tag, which is harmless
    outcome = one.cycle(2)
    assert (outcome.kind, one.versions()) == (PUBLISHED, [*before, outcome.version])
    assert one.gaps() == []
    assert published.stored(one.storage).items() > half.items()


def used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def test_without_cache_and_clone_everything_comes_back_from_the_remotes(one: CycleHome) -> None:
    shutil.rmtree(one.layout.dvc_cache)
    shutil.rmtree(one.layout.clone)
    (one.paths.segments / "first.parquet").unlink()
    one.arrive("second")
    outcome = one.cycle(1)
    assert (outcome.kind, outcome.new_segments) == (PUBLISHED, 1)
    assert {path.name for path in (one.layout.clone / "data" / "segments").iterdir()} == {
        "first.parquet",
        "second.parquet",
    }
    assert one.gaps() == []


def test_without_a_cache_a_remote_that_is_away_is_named_before_any_work(one: CycleHome) -> None:
    shutil.rmtree(one.layout.dvc_cache)
    shutil.rmtree(one.layout.clone)
    one.storage.rename(one.root / "kept")
    one.arrive("second")
    outcome = one.cycle(1)
    assert (outcome.kind, outcome.step) == (FAILED, "refresh")
    assert outcome.sentence.startswith("The DVC remote cannot be read: ")
    (one.root / "kept").rename(one.storage)
    recovers(one)
