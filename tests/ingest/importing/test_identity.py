"""The same ratings are stored once, however they are written."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from auto_deployment.dataset.segments import list_segments
from auto_deployment.ingest.importing.lines import digest
from auto_deployment.ingest.importing.tables.digest import RowDigest, words_of
from auto_deployment.ingest.importing.tables.text_file import TextFile
from tests.ingest.importing.conftest import Importer

HEADER = "userId,movieId,rating,timestamp\n"
ROWS = ["1,1,3.5,1112486027", "1,2,4.0,1112484676", "2,3,0.5,1261956855"]


def joined(rows: Iterable[str]) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize(
    "again",
    [
        joined(ROWS[::-1]),
        joined(ROWS).replace("\n", "\r\n"),
        joined(f'"{row.replace(",", chr(34) + "," + chr(34))}"' for row in ROWS),
        joined(ROWS).replace("1,2,4.0", "1.0,2.0,4"),
        joined(ROWS).replace(",", "\t"),
        joined([*ROWS, "", ""]),
    ],
)
def test_a_harmless_change_stores_nothing_twice(
    importer: Importer, write: Callable[..., Path], again: str
) -> None:
    importer(write(joined(ROWS)))
    before = importer.rows()
    assert importer(write(again)) == 0
    assert "already imported: nothing to do" in importer.out
    assert importer.rows() == before
    assert len(list_segments(importer.paths.segments)) == 1


@pytest.mark.parametrize("changed", ["1,1,3.0,1112486027", "3,1,3.5,1112486027", "1,3,3.5,1112486027"])
def test_another_rating_makes_another_table(
    importer: Importer, write: Callable[..., Path], changed: str
) -> None:
    importer(write(joined(ROWS)))
    importer(write(joined([changed, *ROWS[1:]])))
    assert len(list_segments(importer.paths.segments)) == 2


def test_a_table_that_the_version_before_stored_is_known_by_its_bytes(
    importer: Importer, write: Callable[..., Path]
) -> None:
    path = write(joined(ROWS))
    importer(path)
    (stored,) = list_segments(importer.paths.segments)
    name = f"import-{digest([TextFile(path), TextFile(path.with_name('movies.csv'))])[:16]}-00000.parquet"
    shutil.move(stored.path, importer.paths.segments / name)
    assert importer(path) == 0
    assert "already imported" in importer.out
    assert [segment.path.name for segment in list_segments(importer.paths.segments)] == [name]


def test_the_digest_counts_repetitions_and_does_not_depend_on_blocks() -> None:
    def digest_of(*blocks: list[int]) -> str:
        total = RowDigest()
        for users in blocks:
            rows = len(users)
            movie = np.array([words_of("1")] * rows, np.uint64).reshape(rows, 2)
            total.add(np.array(users, np.int32), movie, np.full(rows, 4, np.float32), np.full(rows, 7))
        return total.hexdigest()

    assert digest_of([1, 2, 3]) == digest_of([3], [], [2, 1])
    assert digest_of([1, 2, 2]) != digest_of([1, 2])
    assert digest_of([1, 1, 2]) != digest_of([1, 2, 2])
