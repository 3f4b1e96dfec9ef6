import fcntl
import multiprocessing
import os
from pathlib import Path
from typing import IO

import pytest

from auto_deployment.host.files import StagedFile, remove_leftovers


def test_a_file_appears_only_when_it_is_published(tmp_path: Path) -> None:
    with StagedFile(tmp_path / "new" / "a") as staged:
        staged.file.write(b"content")
        staged.seal()
        assert not (tmp_path / "new" / "a").exists()
        staged.publish()
    assert (tmp_path / "new" / "a").read_bytes() == b"content"
    assert os.listdir(tmp_path / "new") == ["a"]


def test_leaving_without_publishing_removes_the_temporary_and_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with StagedFile(tmp_path / "a") as staged:
        staged.file.write(b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_the_temporary_of_a_dead_writer_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").write_bytes(b"half")
    (tmp_path / "b").write_bytes(b"whole")
    assert remove_leftovers(tmp_path) == 1
    assert os.listdir(tmp_path) == ["b"]


def test_the_temporary_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    with StagedFile(tmp_path / "a") as staged:
        staged.file.write(b"content")
        assert remove_leftovers(tmp_path) == 0
        staged.publish()
    assert (tmp_path / "a").read_bytes() == b"content"


def test_a_new_writer_starts_afresh_over_the_temporary_of_a_dead_one(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").write_bytes(b"a much longer half")
    with StagedFile(tmp_path / "a") as staged:
        staged.file.write(b"short")
        staged.publish()
    assert (tmp_path / "a").read_bytes() == b"short"


def _append_a_letter(path: Path) -> None:
    with StagedFile(path) as staged:
        content = path.read_bytes() if path.exists() else b""
        staged.file.write(content + b"x")
        staged.publish()


def test_writers_of_one_file_take_turns_and_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_a_letter, args=(tmp_path / "a",)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert (tmp_path / "a").read_bytes() == b"xxxx"


def test_a_writer_that_waited_while_the_other_published_does_not_write_into_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = StagedFile(tmp_path / "a")
    first.file.write(b"first")
    really_lock = fcntl.flock

    # The second has opened the temporary of the first, which is published before the lock is free.
    def lock(file: IO[bytes], operation: int) -> None:
        if not first.file.closed:
            first.publish()
        really_lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", lock)
    with StagedFile(tmp_path / "a") as second:
        assert (tmp_path / "a").read_bytes() == b"first"
        second.file.write(b"second")
        second.publish()
    assert (tmp_path / "a").read_bytes() == b"second"
