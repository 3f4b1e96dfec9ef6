"""Models on disk: written whole, then made current by swapping one link."""

from collections.abc import Mapping
from typing import Any

from app.artifact import Model, Movies
from auto_deployment.host.files import replace_link
from auto_deployment.paths import Paths
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.model_folder import Arrays, open_folder, write_folder


def check_is_free(paths: Paths, version: str) -> None:
    """Raise `TrainingError` when a model of this name is there already."""
    if (paths.models / version).exists():
        raise TrainingError(f"{version} was trained already this very minute: try again in a minute.")


def write_model(paths: Paths, arrays: Arrays, movies: Movies, details: Mapping[str, Any]) -> str:
    """Write a model, whole or not at all, and return its content hash; it is not yet the current one."""
    version = str(details["version"])
    check_is_free(paths, version)
    return str(write_folder(paths.models / version, arrays, movies, details)["content_hash"])


def make_current(paths: Paths, version: str) -> None:
    """Point `models/current` to a version in one step."""
    replace_link(paths.current_model, version)


def open_model(paths: Paths, version: str | None) -> Model:
    """Open a model, the current one without a name; raise `TrainingError` when it is missing or damaged."""
    return open_folder(paths.current_model if version is None else paths.models / version)
