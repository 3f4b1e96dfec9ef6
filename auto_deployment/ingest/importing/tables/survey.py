"""A first look at all of a table: what it holds, on which scale, and what could not be taken."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from auto_deployment.ingest.importing.tables.digest import RowDigest
from auto_deployment.ingest.importing.tables.ratings import Shown
from auto_deployment.ingest.importing.tables.table import Rows, TableReader
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
    for rows in reader.read(file, progress):
        digest.add(rows.user_id, reader.movies.words()[rows.movie], rows.rating, rows.time_us)
        rated.update(rows.rated)
        examples += _examples(rows, rejected)
        rejected.update(rows.refused.values())
        if len(rows.time_us):
            spans += [int(rows.time_us.min()), int(rows.time_us.max())]
        sample += _first(rows, reader.movies.ids, _SAMPLE_ROWS - len(sample))
    span = (min(spans), max(spans)) if spans else None
    return Survey(digest.hexdigest(), digest.rows, Shown(rated), rejected, examples, sample, span)


def _examples(rows: Rows, before: Counter[str]) -> Iterator[Example]:
    seen: Counter[str] = Counter()
    for record, reason in sorted(rows.refused.items()):
        if before[reason] + seen[reason] < _EXAMPLES:
            seen[reason] += 1
            yield Example(rows.block.line(record) + 1, reason, rows.block.raw(record))


def _first(rows: Rows, ids: list[str], count: int) -> Iterator[SampleRow]:
    for place in range(min(count, len(rows.user_id))):
        yield SampleRow(
            int(rows.user_id[place]),
            ids[rows.movie[place]],
            float(rows.rating[place]),
            int(rows.time_us[place]),
        )
