"""Of whom something may be held: never too few."""

from pathlib import Path

import pytest

from app.recent.presence import BITS, NAME, Presence


def test_a_reader_sees_at_once_what_the_writer_says(tmp_path: Path) -> None:
    writer = Presence(tmp_path, create=True)
    reader = Presence(tmp_path)
    users = [1, 7, 8, 4096, BITS - 1, BITS, 3 * BITS + 5, 2**31 - 1]
    for user in users:
        writer.add(user)
    assert all(user in reader for user in users)
    assert sum(user in reader for user in range(BITS)) == len({user % BITS for user in users})


def test_what_was_said_is_there_for_the_next_writer_and_a_short_file_is_none(tmp_path: Path) -> None:
    Presence(tmp_path, create=True).add(42)
    assert 42 in Presence(tmp_path, create=True)
    (tmp_path / NAME).write_bytes(b"")
    with pytest.raises(ValueError, match="length is greater than file size"):
        Presence(tmp_path)
