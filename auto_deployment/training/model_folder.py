"""One model's folder: opened, or written in the place of another one."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from app.artifact import ArtifactError, Model, Movies, load, save
from auto_deployment.host.files import making, remove_leftovers
from auto_deployment.training.errors import TrainingError

Arrays = Mapping[str, npt.NDArray[Any]]


def open_folder(folder: Path) -> Model:
    """Open the model of a folder; raise `TrainingError` when it is missing or damaged."""
    try:
        return load(folder)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error


def write_folder(
    folder: Path, arrays: Arrays, movies: Movies, details: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Write a model's folder as its only writer, and return its manifest; remove what killed writers left."""
    remove_leftovers(folder.parent)
    with making(folder):
        return save(folder, arrays, movies, details)


def save_anew(folder: Path, arrays: Arrays, movies: Movies, details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a model in the place of what is there; return its manifest."""
    shutil.rmtree(folder, ignore_errors=True)
    details = {name: value for name, value in details.items() if name != "content_hash"}
    return write_folder(folder, arrays, movies, details)
