"""The stage `index`: what words find movies with, of the catalogue that the model was prepared from."""

import shutil

import pandas as pd

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.index.movies import as_movies
from auto_deployment.training.index.params import SearchParams
from auto_deployment.training.workspace import Workspace
from search.build import build
from search.embedding import EmbeddingError, open_embedding
from search.index_files import save
from search.index_format import BrokenIndexError


def run(workspace: Workspace, params: SearchParams) -> str:
    """Write the index anew; return its version. Raises `TrainingError`.

    Where search is switched off the folder says so: the flow wants one, and there is no manifest in it.
    """
    if not params.enabled:
        shutil.rmtree(workspace.index, ignore_errors=True)
        workspace.index.mkdir(parents=True)
        (workspace.index / "none").write_text("search.enabled is false in params.yaml.\n", "utf-8")
        return "No index: search is switched off"
    path = workspace.prepared / "movies.parquet"
    try:
        movies = as_movies(pd.read_parquet(path))
        built = build(movies, open_embedding(), params)
        shutil.rmtree(workspace.index, ignore_errors=True)
        manifest = save(workspace.index, built.head, built.clusters)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"{path} cannot be read ({reason}): run the stage prepare again.") from error
    except (BrokenIndexError, EmbeddingError) as error:
        raise TrainingError(str(error)) from error
    return f"{manifest['version']} of {manifest['catalogue']['movies']:,} movies"
