"""Whether a title is known, so that no typing error becomes a movie."""

from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.catalog import known_movies
from auto_deployment.dataset.schema import read_segment_table
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.errors import BadInputError


def check_movie(segments: Path, catalog: Path, movie_id: str) -> None:
    """Raise `BadInputError`, naming titles like it, for one that neither catalogue nor an event has."""
    known = set(known_movies(catalog))
    if movie_id in known:
        return
    for path in segment_paths(segments):
        column = read_segment_table(path, ["movie_id"])[0]["movie_id"]
        known.update(pc.unique(column.cast(pa.string())).drop_null().to_pylist())
    if movie_id not in known:
        alike = get_close_matches(movie_id, known, n=3)
        hint = f"did you mean {' or '.join(alike)}?" if alike else "titles look like pulp+fiction+1994."
        raise BadInputError(f"No movie {movie_id} is known: {hint}")
