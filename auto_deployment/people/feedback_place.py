"""What was shown to a user, and what came of it: requests, impressions and outcomes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.arrays import int64s
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.corrections import applied
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.feedback.edge_rows import EDGE
from auto_deployment.feedback.files import FeedbackError, closed_files, read_facts, write_file
from auto_deployment.feedback.forgotten import HAPPENED_US, counted, left, publishing
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.people.places import Held
from auto_deployment.people.segment_place import plain

_CODES = "codes"  # the movies once more, as numbers for joining


class FeedbackPlace:
    """Closed files; collector and joiner ask for the wishes themselves before they write another one."""

    name = "feedback"

    def __init__(self, paths: Paths) -> None:
        self._layout = FeedbackLayout(paths.feedback)

    def report(self, user_id: int) -> dict[str, dict[str, Any]]:
        """Return how many rows each table holds, and the rows."""
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in HAPPENED_US}
        for name, table in self._tables(user_id):
            rows[name] += table.to_pylist()
        return {name: {"count": len(of), "rows": list(map(_plain, of))} for name, of in rows.items() if of}

    def newest(self, user_id: int) -> int | None:
        """Return when the user's newest row happened, in microseconds; None without one."""
        times = (int(HAPPENED_US[name](table).max()) for name, table in self._tables(user_id))
        return max(times, default=None)

    def forget(self, wish: Wish) -> int:
        """Write files anew, each in one step; call after the wish is written down."""
        if not self._layout.root.is_dir():
            return 0
        with publishing(self._layout.root):  # whoever writes a file after this knows of the wish
            files = list(self._files(copies=True))
            for _, folder in self._folders(copies=True):
                if folder.is_dir():
                    remove_leftovers(folder)
        return sum(self._rewrite(name, path, wish) for name, path in files)

    def held(self, wish: Wish) -> Iterator[Held]:
        counts = dict.fromkeys(HAPPENED_US, 0)
        for name, table in self._tables(wish.user_id, copies=True):
            counts[name] += len(table) - len(left(name, table, _only(wish)))
        for name, count in counts.items():
            if count:
                again = f"`forget {wish.user_id}` again removes it"
                yield Held(f"feedback/{name}", f"{count:,} rows", again)
        if any(path.is_file() for path in self._layout.spill.rglob("*")):
            yield Held(
                "feedback/spill", "what `feedback join` works on", "when its round ends, or at its next start"
            )

    def _rewrite(self, name: str, path: Path, wish: Wish) -> bool:
        with publishing(self._layout.root):
            if not path.exists() or not _mentions(path, wish.user_id):
                return False
            rows = _read(path)
            kept = left(name, rows, _only(wish))
            if len(kept) == len(rows):
                return False
            facts = counted(name, read_facts(path), kept)
            write_file(path, kept.replace_schema_metadata(None), facts, one_user=name != EDGE)
        return True

    def _tables(self, user_id: int, copies: bool = False) -> Iterator[tuple[str, pa.Table]]:
        """Yield the rows of a user in each file that has some, with the table's name."""
        for name, path in self._files(copies):
            try:
                if _mentions(path, user_id):
                    table = _read(path)
                    yield name, table.filter(pc.equal(table["user_id"], user_id))
            except FileNotFoundError:  # too old since just now
                continue

    def _files(self, copies: bool) -> Iterator[tuple[str, Path]]:
        for name, folder in self._folders(copies):
            for path in closed_files(folder):
                yield name, path

    def _folders(self, copies: bool) -> Iterator[tuple[str, Path]]:
        """Yield the folder of each table, and with `copies` those of what is in a database."""
        for name in HAPPENED_US:
            yield name, self._layout.table(name)
        if copies:
            yield from ((table.name, self._layout.copies / table.name) for table in (IMPRESSIONS, OUTCOMES))


def _only(wish: Wish) -> applied.Corrections:
    return applied.Corrections({wish.user_id: applied.Wish(microseconds(wish.until), wish.number)}, {})


def _mentions(path: Path, user_id: int) -> bool:
    return bool(np.any(int64s(_read(path, ["user_id"])["user_id"]) == user_id))


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    read_facts(path)  # refuses what a later build has written
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise FeedbackError(f"{path} is damaged ({reason}): restore it or move it away.") from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items() if value is not None and name != _CODES}
