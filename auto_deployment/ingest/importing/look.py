"""A look at all of a table before anything of it is written: what an import would do with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.dataset.catalog import known_movies
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.lines import Progress
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, mapped_users
from auto_deployment.ingest.importing.tables.form import TableForm
from auto_deployment.ingest.importing.tables.movies import (
    Movies,
    named_movies,
    numbered_movies,
    untitled_movies,
)
from auto_deployment.ingest.importing.tables.shape import NO_TIME, SPLIT, TEXT
from auto_deployment.ingest.importing.tables.survey import Example, Survey, survey
from auto_deployment.ingest.importing.tables.users import MappedUsers, NumberedUsers
from auto_deployment.ingest.rating_scale import Scale


@dataclass(frozen=True, slots=True)
class Scales:
    """What was said about ratings: `asked` for this file, if at all, and of the `stream` in general."""

    asked: Scale | None
    stream: Scale


@dataclass(frozen=True, slots=True)
class Looked:
    """What a table holds, and the scale of its ratings if that was said or is shown by them."""

    survey: Survey
    scale: Scale | None
    form: TableForm
    movies: Movies
    users: NumberedUsers | MappedUsers

    @property
    def digest(self) -> str:
        return self.survey.digest

    @property
    def taken(self) -> int:
        return self.survey.taken

    @property
    def rejected(self) -> Counter[str]:
        return self.survey.rejected

    @property
    def examples(self) -> Sequence[Example]:
        return self.survey.examples

    def scale_or_refuse(self, source: Source) -> Scale:
        """Return the scale; raise `BadInputError` that says what was seen."""
        if self.scale is None:
            raise BadInputError(
                f"{source.events} does not show the scale of its ratings ({self.survey.shown}): say it with "
                "--scale LOW-HIGH, for example --scale 1-5; what is outside of it is then rejected."
            )
        return self.scale

    @property
    def one_time(self) -> bool:
        """Whether all events have the same time: nothing can be split by time then."""
        span = self.survey.time_span_us
        return span is not None and span[0] == span[1] and self.taken > 1


def look(
    source: Source, catalog: SourceCatalog, known: Path, asked: Scale | None, progress: Progress
) -> Looked:
    """Read all of a table once."""
    form = _form_of(source, catalog)
    movies, users = _movies_of(form, catalog, known), users_of(form, known)
    found = survey(form.reader(movies, users, asked), source.events, progress)
    scale = asked
    if scale is None and found.taken:
        scale = found.shown.scale(own_export=source.family is Family.CLEAN_RATINGS)
    return Looked(found, scale, form, movies, users)


def users_of(form: TableForm, catalog: Path) -> NumberedUsers | MappedUsers:
    """Return the users of a table; those that are texts keep the numbers that earlier imports gave them."""
    return MappedUsers(mapped_users(catalog)) if form.shape.mapped_users else NumberedUsers()


def _form_of(source: Source, catalog: SourceCatalog) -> TableForm:
    shape = source.shape
    assert shape is not None  # callers have tables
    if catalog.movies is not None:
        return TableForm(shape, catalogue=catalog.movies.catalogue)
    if shape.numbered:
        return TableForm(shape, prefix="netflix" if source.family is Family.NETFLIX else "movie")
    return TableForm(shape)


def _movies_of(form: TableForm, catalog: SourceCatalog, known: Path) -> Movies:
    """Return the movies of a source; one that names them itself is held against the catalogue."""
    if catalog.movies is not None:
        return Movies(numbered_movies(catalog.movies.ids), numbers=True)
    if form.prefix is not None:
        return Movies(untitled_movies(form.prefix), numbers=True)
    return Movies(named_movies(known_movies(known)))


def times_said(source: Source, looked: Looked) -> str:
    """Say how times were understood."""
    assert source.shape is not None
    unit = source.shape.time
    if unit == NO_TIME:
        return "none: every event is stored at 2000-01-01T00:00, nothing can be split by time"
    said = {
        TEXT: "text, in UTC where no zone is written",
        SPLIT: "in a column for each part, taken as UTC",
    }.get(unit, f"{unit} since 1970, in UTC")
    if looked.one_time:
        return f"{said}; all events have the same time, nothing can be split by time"
    return said
