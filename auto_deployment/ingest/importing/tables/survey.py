"""A first look at all of a table: what it holds, on which scale, and what could not be taken."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auto_deployment.ingest.importing.tables.digest import RowDigest
from auto_deployment.ingest.importing.tables.ratings import Shown
from auto_deployment.ingest.importing.tables.table import Columns, Rows, TableReader
from auto_deployment.ingest.importing.tables.text_file import TextFile

_EXAMPLES = 3
_SAMPLE_ROWS = 10


class Example(NamedTuple):
    """A row that is not taken; `line` counts from 1."""

    line: int
    reason: str
    raw: bytes


class SampleRow(NamedTuple):
    """A row as it will be stored."""

    user_id: int
    movie_id: str
    rating: float
    time_us: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a whole table holds; `examples` are the first rows of each reason."""

    digest: str
    taken: int
    shown: Shown
    rejected: Counter[str]
    examples: list[Example]
    sample: list[SampleRow]
    time_span_us: tuple[int, int] | None


def survey(reader: TableReader, file: TextFile, progress: Callable[[int], object]) -> Survey:
    """Read a whole table once without keeping it."""
    digest, rated = RowDigest(), Counter[float]()
    rejected: Counter[str] = Counter()
    examples: list[Example] = []
    sample: list[SampleRow] = []
    spans: list[int] = []
    taken = 0
    for rows in reader.read(file, progress):
        words = reader.movies.words()
        for one in (rows.taken, rows.unknown):  # whether a movie is known makes no other table
            user, user_words = reader.users.in_digest(one.user)
            digest.add(user, words[one.movie] ^ user_words, one.rating, one.time_us)
        taken += len(rows.taken)
        rated.update(rows.rated)
        examples += _examples(rows, rejected)
        rejected.update(rows.refused.values())
        if len(rows.taken):
            spans += [int(rows.taken.time_us.min()), int(rows.taken.time_us.max())]
        sample += _first(rows.taken, reader.movies.ids, _SAMPLE_ROWS - len(sample))
    numbers = reader.users.ids(np.array([row.user_id for row in sample], np.int32)).tolist()
    sample = [row._replace(user_id=number) for row, number in zip(sample, numbers, strict=True)]
    span = (min(spans), max(spans)) if spans else None
    return Survey(digest.hexdigest(), taken, Shown(rated), rejected, examples, sample, span)


def _examples(rows: Rows, before: Counter[str]) -> Iterator[Example]:
    seen: Counter[str] = Counter()
    for record, reason in sorted(rows.refused.items()):
        if before[reason] + seen[reason] < _EXAMPLES:
            seen[reason] += 1
            yield Example(rows.block.line(record) + 1, reason, rows.raw(record))


def _first(rows: Columns, ids: list[str], count: int) -> Iterator[SampleRow]:
    for place in range(min(count, len(rows))):
        yield SampleRow(
            int(rows.user[place]),
            ids[rows.movie[place]],
            float(rows.rating[place]),
            int(rows.time_us[place]),
        )
