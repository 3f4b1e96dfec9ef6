"""A followed file: every line once, whatever becomes of the file."""

from pathlib import Path

from app.recent.file_feed import FileFeed


def drained(feed: FileFeed, position: str | None) -> tuple[list[bytes], str | None]:
    lines: list[bytes] = []
    while True:
        polled = feed.poll(position, 0, 0)
        if not polled.lines and polled.position == position:
            return lines, position
        lines += polled.lines
        position = polled.position


def feed_of(path: Path) -> FileFeed:
    return FileFeed(path, lambda seconds: None)


def test_lines_come_once_and_half_a_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"1\n2\n3")
    feed = feed_of(path)
    lines, position = drained(feed, None)
    assert lines == [b"1", b"2"]
    with path.open("ab") as file:
        file.write(b"3\n4\n")
    assert drained(feed, position)[0] == [b"33", b"4"]


def test_a_file_that_is_not_there_is_trouble_and_then_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "events"
    feed = feed_of(path)
    assert "cannot be read" in feed.poll(None, 0, 0).trouble
    path.write_bytes(b"1\n")
    assert drained(feed, None)[0] == [b"1"]


def test_a_renamed_file_is_read_to_its_end_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"1\n")
    feed = feed_of(path)
    _, position = drained(feed, None)
    with path.open("ab") as file:
        file.write(b"2\n")
    path.rename(tmp_path / "events.1")
    path.write_bytes(b"3\n")
    assert drained(feed, position)[0] == [b"2", b"3"]
    assert drained(feed, None)[0] == [b"1", b"2", b"3"]


def test_where_a_file_is_gone_something_is_said_to_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"1\n")
    polled = feed_of(path).poll("12345:7", 0, 0)
    assert polled.lost == 1
    assert drained(feed_of(path), polled.position)[0] == [b"1"]


def test_a_place_in_a_stream_is_none_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"1\n")
    polled = feed_of(path).poll("1790000000000-0 17", 0, 0)
    assert polled.lost == 0
    assert drained(feed_of(path), polled.position)[0] == [b"1"]


def test_an_emptied_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"1\n2\n")
    feed = feed_of(path)
    _, position = drained(feed, None)
    path.write_bytes(b"3\n")
    assert drained(feed, position)[0] == [b"3"]


def test_a_line_without_an_end_does_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"x" * 600_000 + b"\n2\n")
    assert drained(feed_of(path), None)[0][-1] == b"2"


def test_it_says_how_far_it_is_while_there_is_more(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"a line\n" * 100_000)
    feed = feed_of(path)
    first = feed.poll(None, 0, 0)
    assert first.until_s is not None
    polled = feed.poll(first.position, 0, 0)
    assert polled.until_s == path.stat().st_mtime
    _, position = drained(feed, None)
    assert feed.poll(position, 0, 0).until_s is None
