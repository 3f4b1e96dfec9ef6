"""Rows of the small text tables (movies, users): fields out, damaged rows to whoever keeps them."""

import csv
from collections.abc import Callable, Iterable
from typing import TypeVar

from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.rows import UnusableRowError
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.stream import TextLine

REPEATED = "repeated-id"

Lines = Iterable[TextLine]
Refuse = Callable[[int, bytes, str], object]
Row = TypeVar("Row")

_SEPARATORS = {Family.MOVIELENS_100K: "|", Family.MOVIELENS_1M: "::"}


def read_rows(
    family: Family, lines: Lines, read: Callable[[list[str]], tuple[str, Row]], refuse: Refuse
) -> dict[str, Row]:
    """Return the rows by their source id; `refuse` is told offset, bytes and reason of each damaged one."""
    rows: dict[str, Row] = {}
    for offset, line in lines:
        try:
            source_id, row = read(split(family, line))
            if source_id in rows:
                raise UnusableRowError(REPEATED)
        except UnusableRowError as refused:
            refuse(offset, line, refused.reason)
        else:
            rows[source_id] = row
    return rows


def split(family: Family, line: bytes) -> list[str]:
    """Return the fields of a row; raise `UnusableRowError` when its quotes do not match."""
    text = _decode(line).removesuffix("\r")
    if family in _SEPARATORS:
        return text.split(_SEPARATORS[family])
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise UnusableRowError(Reason.FIELDS) from None


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")  # as the older sets are written
