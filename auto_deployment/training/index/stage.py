"""The stage `index`: what words find movies with, of the catalogue that the model was prepared from."""

import shutil
from pathlib import Path

import pandas as pd

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.index.movies import as_movies, undescribed
from auto_deployment.training.index.params import SearchParams
from auto_deployment.training.workspace import Workspace
from search.build import build
from search.embedding import EmbeddingError, open_embedding
from search.index_files import save
from search.index_format import BrokenIndexError
from search.movies import Movie


def run(workspace: Workspace, params: SearchParams) -> str:
    """Write the index anew; return its version. Raises `TrainingError`.

    Where search is switched off the folder says so: the flow wants one, and there is no manifest in it.
    """
    if not params.enabled:
        shutil.rmtree(workspace.index, ignore_errors=True)
        workspace.index.mkdir(parents=True)
        (workspace.index / "none").write_text("search.enabled is false in params.yaml.\n", "utf-8")
        return "No index: search is switched off"
    try:
        built = build(_movies(workspace.prepared), open_embedding(), params)
        shutil.rmtree(workspace.index, ignore_errors=True)
        manifest = save(workspace.index, built.head, built.clusters)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(
            f"{workspace.prepared} cannot be read ({reason}): run the stage prepare again."
        ) from error
    except (BrokenIndexError, EmbeddingError) as error:
        raise TrainingError(str(error)) from error
    return f"{manifest['version']} of {manifest['catalogue']['movies']:,} movies"


def _movies(prepared: Path) -> list[Movie]:
    """Return the movies of the catalogue, and those that only events name: lists may show them, too."""
    catalogue = as_movies(pd.read_parquet(prepared / "movies.parquet"))
    parts = (
        pd.read_parquet(prepared / f"{part}.parquet", columns=["movie_id"]) for part in ("train", "test")
    )
    named = {str(one) for part in parts for one in part["movie_id"].unique()}
    return catalogue + [undescribed(one) for one in sorted(named - {movie.id for movie in catalogue})]
