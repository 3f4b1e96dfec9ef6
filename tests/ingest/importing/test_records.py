"""Records of a table: whole in every block, and a damaged one costs itself and no other."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.ingest.importing.lines import ignore_progress
from auto_deployment.ingest.importing.tables import records
from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.records import read_blocks
from auto_deployment.ingest.importing.tables.text_file import TextStream
from tests.ingest.importing.conftest import Importer

HEADER = "userId,movieId,note,rating,timestamp\n"
GOOD = "{},1,fine,4,1112486027"


def records_of(text: bytes, width: int = 3) -> list[tuple[int, bytes, str | None]]:
    """Return line, bytes and damage of each record."""
    return [
        (block.line(record), block.raw(record), block.damaged.get(record))
        for block in read_blocks(TextStream(io.BytesIO(text)), Dialect(), width, ignore_progress)
        for record in range(len(block))
    ]


@pytest.mark.parametrize("block_bytes", [3, 7, 16, 1000])
def test_records_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", block_bytes)
    text = b'1,"two\nlines",3\n1,12" disc,3\r\n\n1,"never closed,3\n1,"a ""b""",3\n1,2,3'
    assert records_of(text) == [
        (0, b'1,"two\nlines",3', None),
        (2, b'1,12" disc,3', None),
        (3, b"", None),
        (4, b'1,"never closed,3', "fields"),
        (5, b'1,"a ""b""",3', None),
        (6, b"1,2,3", None),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line(
    importer: Importer, write: Callable[..., Path]
) -> None:
    bad = '50,1,"open,4,1112486027'
    lines = (
        [GOOD.format(user) for user in range(1, 50)] + [bad] + [GOOD.format(user) for user in range(51, 151)]
    )
    assert importer(write(HEADER + "\n".join(lines) + "\n")) == 0
    assert importer.quarantined() == [(51, bad.encode(), "fields")]
    assert len(importer.rows()) == 149


def test_two_of_them_do_not_pair_up_over_the_rows_between(
    importer: Importer, write: Callable[..., Path]
) -> None:
    lines = [GOOD.format(user) for user in range(1, 301)]
    lines[100] = '101,1,"open,4,1112486027'
    lines[200] = '201,1,open",4,1112486027'
    importer(write(HEADER + "\n".join(lines) + "\n"))
    assert [row[0] for row in importer.quarantined()] == [102]
    assert len(importer.rows()) == 299


def test_a_line_without_end_is_cut_off_and_the_next_one_is_taken(
    importer: Importer, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 200_000)
    lines = [GOOD.format(user) for user in range(1, 201)]
    lines.insert(100, "1" * 3_000_000)
    assert importer(write(HEADER + "\n".join(lines) + "\n")) == 0
    ((line, raw, reason),) = importer.quarantined()
    assert (line, len(raw), reason) == (102, 65_537, "too-long")
    assert len(importer.rows()) == 200


def test_latin_1_is_read_and_rejected_rows_keep_their_bytes(
    importer: Importer, write: Callable[..., Path]
) -> None:
    lines = [GOOD.replace("fine", "caf\u00e9").format(user) for user in range(1, 201)] + [
        "x,1,\u00e9,4,1112486027"
    ]
    assert importer(write((HEADER + "\n".join(lines) + "\n").encode("latin-1"))) == 0
    assert importer.quarantined() == [(202, b"x,1,\xe9,4,1112486027", "user-id")]
    assert len(importer.rows()) == 200
