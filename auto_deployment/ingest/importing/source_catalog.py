"""What a source says about its movies and users, and those of its rows that are damaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from auto_deployment.dataset.catalog import SOURCE_IDS, SOURCE_USERS, known_movies
from auto_deployment.ingest.importing.movie_tables import MovieTable, read_movie_table
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.remembered import Remembered
from auto_deployment.ingest.importing.text_fields import read_records
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


def read_source_catalog(source: Source, catalog: Path) -> SourceCatalog:
    """Read the small tables of a source whole; movies keep the ids that earlier imports gave them."""
    damaged: list[DamagedRow] = []
    movies = users = None
    if source.movies:
        lines = read_records(source.movies, source.movies_family)
        refuse, remembered = partial(_keep, damaged, source.movies.name), read_remembered(catalog)
        movies = read_movie_table(source.movies_family, lines, refuse, remembered)
    if source.users:
        lines = read_records(source.users, source.family)
        users = read_user_table(source.family, lines, partial(_keep, damaged, source.users.name))
    return SourceCatalog(movies, users, damaged)


def read_remembered(catalog: Path) -> Remembered:
    """Read what the catalogue says of ids that were given."""
    return Remembered(SOURCE_IDS.read(catalog), known_movies(catalog))


def mapped_users(catalog: Path) -> dict[str, int]:
    """Read the number that each user who is a text has got."""
    remembered = SOURCE_USERS.read(catalog)
    return dict(zip(remembered["source_user"], remembered["user_id"].tolist(), strict=True))


def _keep(damaged: list[DamagedRow], file: str, offset: int, line: bytes, reason: str) -> None:
    damaged.append(DamagedRow(file, offset + 1, line, str(reason)))
