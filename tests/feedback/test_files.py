"""What only the store in files has: files that stay, are damaged, of a later build, or do not fit."""

import errno
import os
from pathlib import Path

import pytest

from auto_deployment.feedback.files import FeedbackError
from auto_deployment.host.files import StagedFile
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.catalogue(*LIST)
    return world


def test_a_file_is_written_anew_only_where_its_period_has_changed(world: World) -> None:
    world.log(request(NOON, 7, 1), request(after(hours=3), 7, 2))
    world.segment(told(NOON, 7), told(after(hours=3), 7))
    world.collect()
    world.join(after(hours=4))
    files = {path.name: path.stat().st_ino for path in world.layout.table("impressions").iterdir()}
    world.join(after(hours=4))
    world.segment(told(after(hours=1, minutes=20), 8))
    world.join(after(hours=4))
    now = {path.name: path.stat().st_ino for path in world.layout.table("impressions").iterdir()}
    assert {name for name, inode in files.items() if now[name] != inode} == {"20261128T13.parquet"}


def test_a_table_of_a_later_version_is_refused_in_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7))
    world.collect()
    with monkeypatch.context() as patch:
        patch.setattr("auto_deployment.feedback.files.SCHEMA_VERSION", 7)
        patch.setattr("auto_deployment.feedback.sources.read_facts", lambda path: {})
        world.join()
    for act in (world.join, lambda: world.rows("SELECT * FROM impressions")):
        with pytest.raises(FeedbackError, match=r"20261128T\d\d.parquet is of schema version 7"):
            act()


def test_a_full_disk_is_said_and_the_next_round_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7), *watched(after(minutes=5), 7, LIST[0]))
    world.collect()

    def full(staged: StagedFile) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(StagedFile, "seal", full)
        with pytest.raises(FeedbackError, match="does not fit on the disk: make room there"):
            world.join()
    world.join()
    assert len(world.rows("SELECT * FROM outcomes")) == 1
