"""Models and logs on this host: named, not changed, for somebody may be using them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import int64s
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.corrections.held_record import add_held, read_held
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.dataset.schema import SegmentError, read_segment_table
from auto_deployment.dataset.segments import SUFFIX
from auto_deployment.paths import CycleLayout, Paths, RunLayout
from auto_deployment.people.places import Held

_USERS = "user_ids.npy"


class LocalModels:
    """Models of `marquee train`: whoever was learnt from has a row in each array of users."""

    name = "models"

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def report(self, user_id: int) -> list[str]:
        return [folder.name for folder in self._folders() if _has(folder, user_id)]

    def forget(self, wish: Wish) -> int:
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        for folder in self._folders():
            if _has(folder, wish.user_id) and not _knows(folder, wish):
                yield Held(f"models/{folder.name}", "what a model has learnt of the user", self._goes(folder))

    def _goes(self, folder: Path) -> str:
        if any(slot.resolve() == folder.resolve() for slot in self._paths.local_slots.glob("*")):
            return "an instance of `make run` serves it: release one without the user, then remove the folder"
        if folder.resolve() == self._paths.current_model.resolve():
            return "it is the current one: `marquee train` makes one without the user, then remove it"
        return "remove the folder"

    def _folders(self) -> list[Path]:
        found = self._paths.models.glob(f"*/{_USERS}")
        return sorted({path.parent for path in found if not path.parent.is_symlink()})


class CycleClone:
    """The clone that cycles work in: made anew by the next one, but for the model that it has to beat.

    It also keeps published segments that an import has replaced since, which `segments` has no longer.
    """

    name = "clone"

    def __init__(self, paths: Paths) -> None:
        self._data = CycleLayout(paths.cycle).clone / "data"
        self._record, self._segments = paths.forgotten, paths.segments

    def report(self, user_id: int) -> list[str]:
        """Return the models, and the segments that are nowhere else; other events are those of `segments`."""
        folders = (self._data / name for name in ("champion", "parent", "candidate", "model"))
        models = [str(folder) for folder in folders if _has(folder, user_id)]
        return [*models, *(str(path) for path in self._only_here() if _has_events(path, user_id))]

    def forget(self, wish: Wish) -> int:
        """Note which segments hold the user: so versions are named, and the next cycle takes them out."""
        until_us = microseconds(wish.until)
        holding = [path.stem for path in self._only_here() if _has_events(path, wish.user_id, until_us)]
        if holding:
            add_held(self._record, {name: {wish.number} for name in holding})
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        names = {path.stem for path in (self._data / "segments").glob(f"*{SUFFIX}")}
        held = read_held(self._record)
        if names and wish.name not in names and any(wish.number in held.get(one, ()) for one in names):
            yield Held("cycle/clone", "what the last cycle has worked on", "until the next cycle")
        elif _has(self._data / "champion", wish.user_id) and not _knows(self._data / "champion", wish):
            yield Held(
                "cycle/clone/data/champion",
                "the model to beat",
                "until a model without the user serves, and the cycle after that",
            )
        elif _has(self._data / "parent", wish.user_id) and not _knows(self._data / "parent", wish):
            yield Held(
                "cycle/clone/data/parent", "the model that the last one went on from", "until the next cycle"
            )

    def _only_here(self) -> list[Path]:
        there = {path.name for path in self._segments.glob(f"*{SUFFIX}")}
        found = sorted((self._data / "segments").glob(f"*{SUFFIX}"))
        return [path for path in found if path.name not in there]


class EdgeLog:
    """A user's requests as NGINX or the service of `make run` has written them; releases keep hashes only."""

    name = "edge log"

    def __init__(self, paths: Paths) -> None:
        self._root, layout = paths.run, RunLayout(paths.run)
        self._of_nginx, self._of_service = layout.edge_log, layout.impressions

    def report(self, user_id: int) -> list[str]:
        files = sorted(self._of_nginx.parent.glob(f"{self._of_nginx.name}*"))
        files += sorted(self._of_service.glob("*.log"))
        return [str(path.relative_to(self._root)) for path in files if _mentions(path, user_id)]

    def forget(self, wish: Wish) -> int:
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        for name in self.report(wish.user_id):
            yield Held(f"run/{name}", "requests of the user", "until it is rotated away")


def _has(folder: Path, user_id: int) -> bool:
    try:
        users = np.load(folder / _USERS, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return False
    return bool(np.isin(user_id, users))


def _has_events(path: Path, user_id: int, until_us: int | None = None) -> bool:
    try:
        table, _ = read_segment_table(path, ["user_id", "time"])
    except (FileNotFoundError, SegmentError):  # a cycle changes the clone just now: the next `forget` sees
        return False
    of_user = table.filter(pc.equal(table["user_id"], user_id))
    return bool(len(of_user)) and (until_us is None or bool((int64s(of_user["time"]) <= until_us).any()))


def _knows(folder: Path, wish: Wish) -> bool:
    """Tell whether a model was trained with the wish known: what it has of the user came later."""
    try:
        facts: Any = json.loads((folder / "manifest.json").read_bytes())
        return f"{wish.name}.parquet" in facts["data"]["segments"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _mentions(path: Path, user_id: int) -> bool:
    wanted = f'"user":"{user_id}"'
    try:
        with path.open("r", errors="replace") as lines:
            return any(wanted in line for line in lines)
    except FileNotFoundError:  # rotated away just now
        return False
