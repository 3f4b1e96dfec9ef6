"""The first records of a file, taken apart, and what is asked when they do not say enough."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auto_deployment.ingest.importing.tables.columns import ROLES, is_header, is_number
from auto_deployment.ingest.importing.tables.dialect import Dialect, sniff_dialect
from auto_deployment.ingest.importing.tables.fields import decode
from auto_deployment.ingest.importing.tables.text_file import HEAD_BYTES

_is_block_head = re.compile(r"[0-9]+:\r?").fullmatch
_is_block_row = re.compile(r"[0-9]+,[0-9.]+,[0-9]{4}-[0-9]{2}-[0-9]{2}\r?").fullmatch
_MOST_RECORDS = 200
_MATRIX_COLUMNS = 15  # more than tables of ratings have, and all of them numbers


@dataclass(frozen=True, slots=True)
class Sample:
    """The first records of a table: its header, if it has one, and some rows."""

    dialect: Dialect
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    width: int


def is_blocks(head: bytes) -> bool:
    """Tell files in which a line `movie:` stands before the rows of each movie, as those of Netflix."""
    lines = lines_of(head)
    return (
        bool(lines)
        and _is_block_head(lines[0]) is not None
        and all(_is_block_head(line) or _is_block_row(line) for line in lines[:_MOST_RECORDS])
    )


def lines_of(head: bytes) -> list[str]:
    """Return the whole lines of a file's first bytes, without those that are blank."""
    lines = decode(head).split("\n")
    if len(head) >= HEAD_BYTES:
        lines.pop()  # cut off in the middle
    return [line for line in lines if line.strip()]


def sample_of(head: bytes) -> Sample | None:
    """Take the first records apart; `None` if they are no table."""
    lines = lines_of(head)
    if (dialect := sniff_dialect(lines)) is None:
        return None
    records: list[list[str]] = []
    waiting = ""
    for line in lines[: 2 * _MOST_RECORDS]:
        waiting += line + "\n"
        try:
            records.append([text.strip() for text in dialect.split(waiting)])
        except csv.Error:
            continue
        waiting = ""
    if not records:
        return None
    names = records[0] if is_header(records[0], records[1] if len(records) > 1 else None) else []
    rows = records[1 if names else 0 :]
    width = len(names) or Counter(map(len, rows)).most_common(1)[0][0]
    return Sample(dialect, names, [row for row in rows if len(row) == width], width)


def ask_for(missing: Sequence[str], sample: Sample, table: str) -> str:
    """Return the sentence that asks for the columns that are missing."""
    if missing == ["time"]:
        return (
            f"{table} has no column that is known to hold times ({_has(sample)}): say which does with "
            "`--columns time=...`, or that there are none with `--time none` (then nothing can be split by "
            "time)."
        )
    if _is_matrix(sample):
        return (
            f"{table} looks like a matrix, a row for each user and a column for each movie ({sample.width} "
            "columns of numbers): make a row of each rating first, with columns user,movie,rating, without "
            "those that say that there is none (99 in Jester's), and on a scale from 0 or above."
        )
    example = ",".join(f"{role}={number}" for number, role in enumerate(ROLES[: sample.width], 1))
    return (
        f"{table} looks like a table of ratings, but it is not known which column is "
        f"{', '.join(missing)} ({_has(sample)}): say it with --columns, for example `--columns {example}`."
    )


def _is_matrix(sample: Sample) -> bool:
    wide = not sample.names and sample.width >= _MATRIX_COLUMNS
    return wide and all(all(map(is_number, row)) for row in sample.rows)


def _has(sample: Sample) -> str:
    if sample.names:
        return "it has " + ", ".join(name or "''" for name in sample.names)
    first = sample.dialect.delimiter.join(sample.rows[0]) if sample.rows else ""
    return f"{sample.width} columns without names, the first row is {first[:80]!r}"
