"""The followed file: several processes write it, turn it over and are killed, and no line is lost."""

import threading
from pathlib import Path

import pytest

from app.recent.file_feed import FileFeed
from auto_deployment.config import Settings
from auto_deployment.host.locks import held, owner_text
from auto_deployment.ingest.recent.followed import followed
from auto_deployment.ingest.recent.sinks import FileSink, SinkError

ELSEWHERE = {"REDIS_URL": "redis://elsewhere:6379", "RECENT_FILE": "/elsewhere/events"}
FULL = b"1 7 heat+1995 started\n" * 10


def test_two_that_turn_the_file_over_in_the_same_moment_keep_every_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events"
    path.write_bytes(FULL)
    first, second = (FileSink(path, len(FULL)) for _ in range(2))
    other = threading.Thread(target=second.send, args=([b"second"],))
    rename = Path.rename

    def while_another_writes(old: Path, new: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        other.start()
        other.join(0.3)  # it waits for us; nothing shows when it has begun to
        return rename(old, new)

    monkeypatch.setattr(Path, "rename", while_another_writes)
    first.send([b"first"])
    other.join()
    assert (tmp_path / "events.1").read_bytes() == FULL
    assert path.read_bytes() == b"first\nsecond\n"


def test_a_line_that_a_killed_process_left_unfinished_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(FULL + b"1 7 heat+1995 sta")
    FileSink(path).send([b"2 7 - forgotten"])
    feed = FileFeed(path)
    lines = feed.poll(feed.poll(None, 0, 0).position, 0, 0).lines
    assert lines[-2:] == [b"1 7 heat+1995 sta", b"2 7 - forgotten"]


def test_a_process_that_holds_the_file_and_hangs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events"
    with (
        held(tmp_path / "events.lock", owner_text(), str),
        pytest.raises(SinkError, match=r"events is held by process \d+ on .*: end it if it hangs"),
    ):
        FileSink(path, patience_s=0).send([b"1 7 heat+1995 started"])
    assert not path.exists()


def test_the_file_of_a_demo_is_told_where_it_is_and_nothing_else_is_named(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path)}
    assert followed(Settings.from_env(environ)).file is None
    file = tmp_path / "run" / "recent" / "events"
    file.parent.mkdir(parents=True)
    file.touch()
    assert followed(Settings.from_env(environ)).file == file
    for name, value in ELSEWHERE.items():
        settings = Settings.from_env({**environ, name: value})
        assert followed(settings) == settings.recent
