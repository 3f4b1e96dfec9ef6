"""One model's folder: opened, or written in the place of another one."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from app.artifact import ArtifactError, Model, Movies, load, save
from auto_deployment.training.errors import TrainingError

Arrays = Mapping[str, npt.NDArray[Any]]
TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.tmp")


def open_folder(folder: Path) -> Model:
    """Open the model of a folder; raise `TrainingError` when it is missing or damaged."""
    try:
        return load(folder)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error


def save_anew(folder: Path, arrays: Arrays, movies: Movies, details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a model in the place of what is there; return its manifest."""
    remove_leftovers(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    details = {name: value for name, value in details.items() if name != "content_hash"}
    return save(folder, arrays, movies, details)


def remove_leftovers(models: Path) -> int:
    """Remove what trainings left behind that were killed while they wrote; return how many."""
    removed = 0
    for path in sorted(models.glob(".*.tmp")) if models.exists() else []:
        name = TEMPORARY.fullmatch(path.name)
        if name and not _is_running(int(name["pid"])):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            removed += 1
    return removed


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
