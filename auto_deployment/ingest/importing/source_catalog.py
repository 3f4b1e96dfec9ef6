"""What a source says about its movies and users, and those of its rows that are damaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

import pandas as pd

from auto_deployment.ingest.importing.layouts import HAS_HEADER
from auto_deployment.ingest.importing.lines import read_lines
from auto_deployment.ingest.importing.movie_tables import MovieTable, read_movie_table
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.user_tables import read_user_table


class DamagedRow(NamedTuple):
    """A row that could not be taken; lines count from 1."""

    file: str
    line: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class SourceCatalog:
    """The movies and users of a source, where it has a table of them."""

    movies: MovieTable | None = None
    users: pd.DataFrame | None = None
    damaged: Sequence[DamagedRow] = ()


def read_source_catalog(source: Source) -> SourceCatalog:
    """Read the small tables of a source whole."""
    damaged: list[DamagedRow] = []
    movies = users = None
    if source.movies:
        rows = islice(read_lines(source.movies), 1 if source.family in HAS_HEADER else 0, None)
        movies = read_movie_table(source.family, rows, partial(_keep, damaged, source.movies.name))
    if source.users:
        lines = read_lines(source.users)
        users = read_user_table(source.family, lines, partial(_keep, damaged, source.users.name))
    return SourceCatalog(movies, users, damaged)


def _keep(damaged: list[DamagedRow], file: str, offset: int, line: bytes, reason: str) -> None:
    damaged.append(DamagedRow(file, offset + 1, line, str(reason)))
