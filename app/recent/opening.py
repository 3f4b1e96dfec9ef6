"""Where the store of an instance lies: opened by its one writer, put aside when damaged, let go when full."""

import logging
import shutil
import time
from pathlib import Path

import lmdb

from app.recent.store import RecentStore, StoreError
from app.recent.table import TableError

CHECKING, CHECKED = "checking", "checked"
STORE, ASIDE = "store-", "aside"  # a store has a name of its own: readers open the next while one is open

log = logging.getLogger(__name__)


def open_store(folder: Path, max_mb: int) -> RecentStore:
    """Open the store of an instance for writing, or begin one; the caller is the only writer.

    A damaged file may end the process that reads it. So readers wait until one is said to be checked, and a
    mark of checking that is still there says that somebody died of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checking = folder / CHECKING
    if checking.exists():
        begin_anew(folder, "who opened it last did not come back")
    checking.touch()
    path = next(iter(sorted(folder.glob(STORE + "*"))), None) or _new_path(folder)
    try:
        store = RecentStore(path, max_mb)
    except (StoreError, TableError, lmdb.Error, OSError, ValueError) as error:
        begin_anew(folder, str(error))
        path = _new_path(folder)
        store = RecentStore(path, max_mb)
    checking.unlink()
    written = folder / f".{CHECKED}"
    written.write_text(path.name, "ascii")
    written.rename(folder / CHECKED)
    return store


def begin_anew(folder: Path, reason: str) -> None:
    """Put the store aside, in the place of one that was put aside before."""
    if _put_aside(folder):
        log.warning(
            "The store of recent events is put aside in %s and begun anew: %s.", folder / ASIDE, reason
        )


def let_go(folder: Path) -> None:
    """Remove the store, with what was put aside: two that are nearly full have no room."""
    _put_aside(folder)
    shutil.rmtree(folder / ASIDE, ignore_errors=True)
    log.warning("The store of recent events is nearly full and begun anew: what is older goes.")


def _put_aside(folder: Path) -> bool:
    (folder / CHECKED).unlink(missing_ok=True)
    found = list(folder.glob(STORE + "*"))
    for path in found:
        shutil.rmtree(folder / ASIDE, ignore_errors=True)
        path.rename(folder / ASIDE)
    return bool(found)


def _new_path(folder: Path) -> Path:
    return folder / f"{STORE}{time.time_ns()}"
