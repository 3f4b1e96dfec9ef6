"""What `prepare` hands on: the two parts of the split, the catalogue, the users, and the facts about them."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.workspace import read_json, write_json

FRAMES = ("train", "test", "movies", "users")
FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Frames as `split_by_time` and the catalogue give them; `facts` are those of the data and the split."""

    train: pd.DataFrame
    test: pd.DataFrame
    movies: pd.DataFrame
    users: pd.DataFrame
    facts: Mapping[str, Any]


def write_prepared(folder: Path, prepared: Prepared) -> None:
    """Write everything anew; what a killed attempt left behind does not count."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    frames = (prepared.train, prepared.test, prepared.movies, prepared.users)
    for name, frame in zip(FRAMES, frames, strict=True):
        frame.reset_index(drop=True).to_parquet(folder / f"{name}.parquet", compression="zstd")
    write_json(folder / FACTS, prepared.facts)


def read_prepared(folder: Path) -> Prepared:
    """Read back; raise `TrainingError` naming a file that is missing or damaged."""
    frames = {}
    for name in FRAMES:
        path = folder / f"{name}.parquet"
        try:
            frames[name] = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            missing = isinstance(error, FileNotFoundError)
            reason = "it is not there" if missing else " ".join(str(error).split())
            raise TrainingError(f"{path} cannot be read ({reason}): run the stage prepare again.") from error
    return Prepared(**frames, facts=read_json(folder / FACTS))
