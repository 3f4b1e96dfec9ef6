"""The store of an instance: what was written is there, whatever became of who wrote it."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.recent.events import RecentEvent
from app.recent.opening import ASIDE, CHECKED, CHECKING, open_store
from app.recent.reader import RecentReader
from app.recent.rows import HOUR_S, decode
from app.recent.store import RecentStore
from tests.support.project import PROJECT

DAY_S = 86_400
NOW = 1_790_000_000
EVENTS = [RecentEvent(NOW + HOUR_S * n, n % 40, f"film+{n % 90}", finished=n % 2 > 0) for n in range(400)]
OPENER = """
import sys
from pathlib import Path
from app.recent.opening import open_store
open_store(Path(sys.argv[1]), 32)
"""
WRITER = """
import sys
from pathlib import Path
from app.recent.events import RecentEvent
from app.recent.opening import open_store
store = open_store(Path(sys.argv[1]), 32)
n = 0
while True:
    numbers = range(n, n + 200)
    store.apply([RecentEvent(1_790_000_000 + n, n * 7919 % 5000, f"film+{n % 900}") for n in numbers], 0)
    n += 200
    if n == 2000:
        print("well under way", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = open_store(tmp_path, 32)
    store.apply(EVENTS, 0)
    store.put({"position": "here", "status": {"until_s": NOW}})
    store.close()
    return tmp_path


def reopened(folder: Path) -> RecentStore:
    return open_store(folder, 32)


def data_file(folder: Path, name: str = "data.mdb") -> Path:
    return next(folder.glob("store-*")) / name


def test_what_was_written_is_there_again(folder: Path) -> None:
    store = reopened(folder)
    assert store.facts() == {"position": "here", "status": {"until_s": NOW}}
    assert (store.users, store.events) == (40, len({(one.user_id, one.movie_id) for one in EVENTS}))
    before = list(store.everything())
    store.apply(EVENTS, 0)
    assert list(store.everything()) == before
    store.close()


def test_a_reader_sees_what_is_held_newest_first(folder: Path) -> None:
    reader = RecentReader(folder, lambda: NOW + 7)
    assert reader.row(3) is None
    reader.refresh()
    row = reader.row(3)
    assert row is not None
    newest = [one.movie_id for one in reversed(EVENTS) if one.user_id == 3]
    assert [reader.movies[title.code] for title in decode(row)] == list(dict.fromkeys(newest))
    assert reader.row(41) is None
    assert reader.row(2**63) is None
    assert reader.age_s == 7


def test_a_reader_does_not_open_what_nobody_has_looked_through(folder: Path) -> None:
    (folder / CHECKED).unlink()
    reader = RecentReader(folder)
    reader.refresh()
    assert reader.row(3) is None
    assert reader.age_s is None


def test_a_reader_goes_over_to_a_store_that_was_begun_anew(folder: Path) -> None:
    reader = RecentReader(folder)
    reader.refresh()
    assert reader.row(3) is not None
    data_file(folder).write_bytes(b"no store" * 4096)
    reopened(folder).close()
    for _ in range(2):
        reader.refresh()
    assert reader.row(3) is None
    assert reader.movies == []


def test_what_is_older_than_the_model_is_forgotten(folder: Path) -> None:
    store = reopened(folder)
    after: int | None = -1
    while after is not None:
        after = store.forget_before(NOW + 390 * HOUR_S, after)
    held = list(store.everything())
    assert len(held) == 10 == store.events
    assert store.users == 10
    store.close()


@pytest.mark.parametrize("content", [b"", b"x" * 50_000, b"\0" * 50_000])
def test_a_damaged_file_is_put_aside_with_one_sentence(
    folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    data_file(folder).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        store = reopened(folder)
    assert store.users == 0
    store.close()
    if content:  # an empty one is a new one
        assert [record.message for record in caplog.records if str(folder / ASIDE) in record.message]
        assert len(caplog.records) == 1


def test_a_damaged_table_is_put_aside(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    data_file(folder, "table").write_bytes(b"x" * 50_000)
    store = reopened(folder)
    assert store.users == 0
    assert "what a group holds is damaged" in caplog.text
    store.close()


def test_one_of_another_version_is_put_aside(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = reopened(folder)
    store.put({"format": 99})
    store.close()
    store = reopened(folder)
    assert store.users == 0
    store.close()
    assert "it has format 99, this service reads 2" in caplog.text


def test_one_that_ends_who_opens_it_is_put_aside_by_the_next(folder: Path) -> None:
    file = data_file(folder)
    os.truncate(file, file.stat().st_size // 2)
    command = [sys.executable, "-c", OPENER, str(folder)]
    first = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True)
    if first.returncode:
        assert (folder / CHECKING).exists()
    store = reopened(folder)
    assert (folder / ASIDE).exists()
    store.apply(EVENTS, 0)
    assert store.users == 40
    store.close()


def test_a_writer_killed_in_the_middle_leaves_a_store_that_can_be_read(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    with writer.stdout:
        assert writer.stdout.readline()
    reader = RecentReader(tmp_path)
    reader.refresh()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert decode(reader.row(7919 * 5 % 5000) or b"")
    reader.close()
    store = reopened(tmp_path)
    assert not (tmp_path / ASIDE).exists()
    assert store.events == len(list(store.everything())) >= 2000 * 0.9
    store.close()


def test_a_nearly_full_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path, 1)
    assert not store.is_nearly_full
    for user in range(0, 60_000, 500):
        store.apply([RecentEvent(NOW, one, f"film+{one % 9}") for one in range(user, user + 500)], 0)
        if store.is_nearly_full:
            break
    assert store.is_nearly_full
    store.close()
