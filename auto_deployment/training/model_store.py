"""Models on disk: written whole, then made current by swapping one link."""

import os
import re
import shutil
from pathlib import Path

from app.artifact import ArtifactError, Model, load, save
from auto_deployment.host.files import sync_directory
from auto_deployment.paths import Paths
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.workflow import Trained

TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.tmp")


def check_is_free(paths: Paths, version: str) -> None:
    """Raise `TrainingError` when a model of this name is there already."""
    if (paths.models / version).exists():
        raise TrainingError(f"{version} was trained already this very minute: try again in a minute.")


def write_model(paths: Paths, trained: Trained) -> str:
    """Write a model, whole or not at all, and return its content hash; it is not yet the current one."""
    check_is_free(paths, trained.version)
    remove_leftovers(paths.models)
    folder = paths.models / trained.version
    fitted = trained.fitted
    return str(save(folder, fitted.arrays, fitted.movies, trained.details)["content_hash"])


def make_current(paths: Paths, version: str) -> None:
    """Point `models/current` to a version in one step."""
    link = paths.current_model
    temporary = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(version)
    os.replace(temporary, link)
    sync_directory(link.parent)


def open_model(paths: Paths, version: str | None) -> Model:
    """Open a model, the current one without a name; raise `TrainingError` when it is missing or damaged."""
    folder = paths.current_model if version is None else paths.models / version
    try:
        return load(folder)
    except ArtifactError as error:
        raise TrainingError(str(error)) from error


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
