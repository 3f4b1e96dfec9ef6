"""Rejected rows of an imported table, tried with the reader and the catalogue of today."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.catalog import SOURCE_IDS, known_movies
from auto_deployment.dataset.events import Rating
from auto_deployment.ingest.importing.look import users_of
from auto_deployment.ingest.importing.staged_catalog import stage_users
from auto_deployment.ingest.importing.tables.columns import Asked
from auto_deployment.ingest.importing.tables.fields import decode
from auto_deployment.ingest.importing.tables.form import TableForm
from auto_deployment.ingest.importing.tables.movies import (
    Movies,
    named_movies,
    numbered_movies,
    untitled_movies,
)
from auto_deployment.ingest.importing.tables.shape import reshaped
from auto_deployment.ingest.importing.tables.users import MappedUsers
from auto_deployment.ingest.quarantine.files import batches
from auto_deployment.ingest.quarantine.tried_lines import Recovered
from auto_deployment.ingest.rating_scale import Scale

_SAMPLE_ROWS = 200


class _Row(NamedTuple):
    """A row that is valid now: its number in the quarantine file, its line from 1, and what it says."""

    number: int
    line: int
    user: int
    movie: int
    rating: float
    time_us: int


def with_columns(form: TableForm, columns: Mapping[str, str], path: Path) -> TableForm:
    """Return a form with other columns; times are in the unit that the rejected rows show.

    Raises `BadInputError` where the rows have no such columns.
    """
    if not columns:
        return form
    sample = next(batches(path, ["raw"]))["raw"].to_pylist()[:_SAMPLE_ROWS]
    return replace(form, shape=reshaped(form.shape, map(decode, sample), Asked(columns), path.stem))


def try_rows(path: Path, form: TableForm, catalog: Path, scale: Scale) -> Recovered:
    """Try each row of a quarantine file; users who are texts get their numbers for good, here."""
    movies, users = _movies(form, catalog), users_of(form, catalog)
    reader = form.reader(movies, users, scale)
    found: list[_Row] = []
    begin = 0
    for batch in batches(path, ["raw", "line"]):
        lines, rows = batch["line"].to_pylist(), reader.read_again(batch["raw"].to_pylist())
        taken = rows.taken
        columns = (taken.user, taken.movie, taken.rating, taken.time_us)
        for record, *values in zip(rows.records.tolist(), *(one.tolist() for one in columns), strict=True):
            found.append(_Row(begin + record, lines[record], *values))
        begin += batch.num_rows
    if found and isinstance(users, MappedUsers):
        users.ids(np.empty(0, np.int32))
        with ExitStack() as cleanup:
            stage_users(cleanup, catalog, users).publish()
    return _recovered(found, users.ids(np.array([row.user for row in found], np.int32)).tolist(), movies.ids)


def _recovered(rows: Sequence[_Row], user_ids: Sequence[int], movie_ids: Sequence[str]) -> Recovered:
    recovered = Recovered()
    for row, user_id in zip(rows, user_ids, strict=True):
        rating = Rating(from_microseconds(row.time_us), user_id, movie_ids[row.movie], row.rating)
        recovered.builder.add(rating, 0, row.line - 1)
        recovered.rows.append(row.number)
    return recovered


def _movies(form: TableForm, catalog: Path) -> Movies:
    if form.catalogue is not None:
        remembered = SOURCE_IDS.read(catalog)
        of_source = remembered[remembered["catalogue"] == form.catalogue]
        ids = zip(of_source["source_id"], of_source["movie_id"], strict=True)
        return Movies(numbered_movies({one.encode(): movie_id for one, movie_id in ids}), numbers=True)
    if form.prefix is not None:
        return Movies(untitled_movies(form.prefix), numbers=True)
    return Movies(named_movies(known_movies(catalog)))
