"""Rows of the small text tables (movies, users): fields out, damaged rows to whoever keeps them."""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.lines import ignore_progress
from auto_deployment.ingest.importing.rows import UnusableRowError
from auto_deployment.ingest.importing.sniff import Family, movie_places
from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.fields import decode
from auto_deployment.ingest.importing.tables.records import read_blocks
from auto_deployment.ingest.importing.tables.sample import sample_of
from auto_deployment.ingest.importing.tables.text_file import TextFile
from auto_deployment.ingest.importing.titles import with_year

REPEATED = "repeated-id"


class Record(NamedTuple):
    """A record of a small table: the line at which it begins, from 0, its bytes, and its fields.

    There are no fields if its quotes do not match.
    """

    line: int
    raw: bytes
    fields: Sequence[str] | None


Lines = Iterator[Record]
Refuse = Callable[[int, bytes, str], object]
Row = TypeVar("Row")

_DIALECTS = {
    Family.MOVIELENS_100K: Dialect("|", quoted=False),
    Family.MOVIELENS_1M: Dialect("::", quoted=False),
}


def read_rows(lines: Lines, read: Callable[[list[str]], tuple[str, Row]], refuse: Refuse) -> dict[str, Row]:
    """Return the rows by their source id; `refuse` is told line, bytes and reason of each damaged one."""
    rows: dict[str, Row] = {}
    for line, raw, fields in lines:
        try:
            if fields is None:
                raise UnusableRowError(Reason.FIELDS)
            source_id, row = read(list(fields))
            if source_id in rows:
                raise UnusableRowError(REPEATED)
        except UnusableRowError as refused:
            refuse(line, raw, refused.reason)
        else:
            rows[source_id] = row
    return rows


def read_records(file: TextFile, family: Family) -> Lines:
    """Yield the records of a table of movies or users; of one with a header only id, title and genres."""
    if family in _DIALECTS:
        yield from _records(file, _DIALECTS[family], 0)
    elif family is Family.NETFLIX:
        for line, raw, fields in _records(file, Dialect(",", quoted=False), 0):
            # A comma in a title divides nothing.
            source_id, year, *title = fields or ()
            yield Record(line, raw, (source_id, with_year(",".join(title), year), ""))
    else:
        yield from _named(file)


def _named(file: TextFile) -> Lines:
    sample = sample_of(file.head())
    assert sample is not None  # it was recognised by its header
    places = movie_places(sample.names)
    records = _records(file, sample.dialect, len(sample.names))
    next(records)
    for line, raw, fields in records:
        if fields is None or len(fields) != len(sample.names):
            yield Record(line, raw, None)
        else:
            found = {name: fields[place] for name, place in places.items()}
            title = with_year(found["title"], found.get("year", ""))
            yield Record(line, raw, (found["id"], title, found.get("genres", "")))


def _records(file: TextFile, dialect: Dialect, width: int) -> Lines:
    with file.open_text() as stream:
        for block in read_blocks(stream, dialect, width, ignore_progress):
            for record in range(len(block)):
                raw = block.raw(record)
                try:
                    fields = None if record in block.damaged else dialect.split(decode(raw))
                except csv.Error:
                    fields = None
                yield Record(block.line(record), raw, fields)
