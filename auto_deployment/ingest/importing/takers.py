"""What takes the lines of each kind of source into the parts of an import."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from auto_deployment.ingest.catalog import known_movies
from auto_deployment.ingest.importing.layouts import (
    layout_of,
    named_movies,
    numbered_movies,
    scale_of,
    table_take,
)
from auto_deployment.ingest.importing.movie_tables import MovieTable
from auto_deployment.ingest.importing.parts import Part, Take
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.listening.intake import take_lines
from auto_deployment.ingest.listening.movies import Movies
from auto_deployment.ingest.listening.stream import TextLine

Scale = tuple[float, float]


def rating_scale(source: Source, asked: Scale | None) -> Scale:
    """Return the scale of a source's ratings: as asked for, or as its family or content says."""
    return asked or scale_of(source.family, source.events)


def taker(source: Source, scale: Scale, movies: MovieTable | None, catalog: Path) -> Take:
    """Return what takes the lines of a source; one that names its movies is held against the catalogue."""
    if source.family is Family.STREAM:
        return partial(_take_events, movies=Movies(known_movies(catalog)), scale=scale)
    read_movie = named_movies(known_movies(catalog)) if movies is None else numbered_movies(movies.ids)
    return table_take(layout_of(source.family, source.events), source.family, scale, read_movie)


def _take_events(lines: Sequence[TextLine], part: Part, movies: Movies, scale: Scale) -> None:
    take_lines(lines, 0, part, movies, scale)
