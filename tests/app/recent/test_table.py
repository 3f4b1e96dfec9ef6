"""The table that every request reads: what a group holds is of that group, whatever the writer is doing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recent.table import DIRECTORY, NAME, UNIT, Table, TableError, WrittenTable
from tests.support.project import PROJECT

MB = 1 << 20
REWRITER = """
import random, sys
from pathlib import Path
from app.recent.table import WrittenTable
table, rng = WrittenTable(Path(sys.argv[1]), 1 << 20), random.Random(1)
print("begins", flush=True)
for _ in range(40_000):
    group = rng.randrange(1, 40)
    table.put(group, bytes([group]) * rng.randrange(1, 900))
"""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.binary(max_size=200)), max_size=40))
def test_what_was_put_last_is_there_for_readers_and_the_next_writer(
    tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    table = WrittenTable(folder, MB)
    reader = Table(folder)
    for group, content in puts:
        table.put(group, content)
    last = dict(puts)
    assert [table.get(group) for group in range(7)] == [last.get(group, b"") for group in range(7)]
    table.close()
    again = WrittenTable(folder, MB)
    for one in (again, reader):
        assert {group: one.get(group) for group in one.groups()} == {g: c for g, c in last.items() if c}
    for group, content in puts:
        again.put(group, content[::-1])
    assert [reader.get(group) for group in last] == [content[::-1] for content in last.values()]


def test_what_was_let_go_is_used_again(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    for turn in range(200):
        for group in range(100):
            table.put(group, bytes([group]) * (300 + (group * turn) % 200))
    assert table.used_share < 2 * 100 * 500 / MB


def test_a_reader_whose_copy_was_overtaken_copies_again(tmp_path: Path) -> None:
    writer = WrittenTable(tmp_path, MB)
    writer.put(3, b"before")
    reader = Table(tmp_path)
    mapped, overtakes = reader._map, [True]

    class Overtaken:
        def __getitem__(self, where: slice) -> Any:
            if overtakes.pop() if overtakes else False:
                writer.put(3, b"after!")
                writer.put(4, b"others")
                writer._next = 0
                writer.put(5, b"robber")  # where the first one was
            return mapped[where]

    reader._map = Overtaken()  # type: ignore[assignment]
    assert reader.get(3) == b"after!"


def test_a_group_is_never_read_half_nor_as_another_while_it_is_written(tmp_path: Path) -> None:
    WrittenTable(tmp_path, MB).close()
    table = Table(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", REWRITER, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline()
        reads = 0
        while writer.poll() is None:
            for group in range(1, 40):
                found = table.get(group)
                assert set(found) <= {group}
                reads += bool(found)
    assert writer.returncode == 0
    assert reads


def test_a_damaged_group_is_nothing_to_a_reader_and_an_error_to_a_writer(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    table.put(1, b"first")
    table.put(2, b"second")
    table.close()
    with (tmp_path / NAME).open("r+b") as file:
        file.seek(DIRECTORY + UNIT + 6)
        file.write(b"?")
    reader = Table(tmp_path)
    assert (reader.get(1), reader.get(2)) == (b"first", b"")
    with pytest.raises(TableError, match="damaged"):
        WrittenTable(tmp_path, MB)


def test_two_groups_in_one_place_are_damage(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    table.put(1, b"first")
    table._words[2] = table._words[1]
    table.close()
    with pytest.raises(TableError, match="damaged"):
        WrittenTable(tmp_path, MB)


def test_a_group_without_the_mark_is_not_copied(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    table.put(1, b"first", 0b101)
    assert [table.get(1, 1 << bit) for bit in range(4)] == [b"first", b"", b"first", b""]
    table.put(1, b"second", 0b010)
    assert [table.get(1, 1 << bit) for bit in range(4)] == [b"", b"second", b"", b""]


def test_a_group_that_is_too_large_is_refused(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    table.put(1, bytes(60_000))
    with pytest.raises(TableError, match="too much"):
        table.put(1, bytes(70_000))
    assert table.get(1) == bytes(60_000)


def test_a_full_table_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)

    def fill() -> None:
        for group in range(400):
            table.put(group, bytes([group % 251]) * 3000)

    with pytest.raises(TableError, match="full"):
        fill()
    assert all(table.get(group) == bytes([group % 251]) * 3000 for group in table.groups())
    table.put(0, b"smaller")
    assert table.get(0) == b"smaller"


def test_a_table_may_grow_but_one_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    table = WrittenTable(tmp_path, MB)
    table.put(1, b"first")
    table.close()
    larger = WrittenTable(tmp_path, 2 * MB)
    assert larger.get(1) == b"first"
    larger.close()
    with pytest.raises(TableError, match="RECENT_MAX_MB"):
        WrittenTable(tmp_path, MB)


def test_a_short_file_is_no_table_and_a_closed_one_has_nothing(tmp_path: Path) -> None:
    writer = WrittenTable(tmp_path, MB)
    writer.put(1, b"first")
    reader = Table(tmp_path)
    reader.close()
    assert reader.get(1) == b""
    (tmp_path / NAME).write_bytes(b"short")
    with pytest.raises(ValueError, match="cut off"):
        Table(tmp_path)
