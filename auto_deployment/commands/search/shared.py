"""What the commands of `search` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.paths import Paths
from auto_deployment.report.characteristics import replace_section
from auto_deployment.training.index.movies import as_movies
from search.embedding import EmbeddingError, open_embedding
from search.index_format import BrokenIndexError
from search.local import LocalSearch, open_local
from search.movies import Movie
from search.text import QueryError


class SearchError(MarqueeError):
    """An index, or what it needs, cannot be used."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what `search` refuses into the errors of commands."""
    try:
        yield
    except QueryError as error:
        raise BadInputError(str(error)) from error
    except (BrokenIndexError, EmbeddingError) as error:
        raise SearchError(str(error)) from error


def catalogue(settings: Settings) -> list[Movie]:
    """Return the movies of DATA_DIR; none where there is no catalogue. Raises `CatalogError`."""
    return as_movies(MOVIES.read(Paths(settings.data_dir).catalog))


def current(settings: Settings) -> LocalSearch:
    """Open the current index of DATA_DIR; raise `SearchError` where there is none that can be used."""
    folder = Paths(settings.data_dir).current_index
    if not folder.exists():
        raise SearchError(f"There is no index in {folder.parent}: run `marquee search build`.")
    with told():
        return open_local(folder, open_embedding())


def table_document(path: Path, begin: str, end: str) -> str:
    """Return a document that has a place for a table; raise `BadInputError` for one that has none."""
    try:
        document = path.read_text("utf-8")
        replace_section(document, "", begin, end)  # better now than after a minute of computing
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot take the table ({error}).") from error
    return document
