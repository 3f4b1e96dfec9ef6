"""Segments: the wish itself, and the rows that it covers for as long as they are there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import int64s
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import FORGOTTEN, read_segment_table
from auto_deployment.dataset.segments import SUFFIX
from auto_deployment.dataset.tables import is_kind
from auto_deployment.paths import Paths
from auto_deployment.people.places import Held


class SegmentPlace:
    """All rows about a user in the files of the segments' folder, whether or not a reader counts them."""

    name = "segments"

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def report(self, user_id: int) -> list[dict[str, Any]]:
        """Return every row, corrections and recommendations too, with the segment that holds it."""
        rows = [
            {"segment": path.stem, **row}
            for path, table in self._tables(user_id, columns=None)
            for row in table.to_pylist()
        ]
        return [{name: plain(value) for name, value in row.items() if value is not None} for row in rows]

    def newest(self, user_id: int) -> int | None:
        """Return when the newest stored event was, in microseconds; None without one."""
        columns = ["kind", "user_id", "time"]
        tables = (_events(table) for _, table in self._tables(user_id, columns))
        return max((int(int64s(rows["time"]).max()) for rows in tables if len(rows)), default=None)

    def forget(self, wish: Wish) -> int:
        """Write segments anew; call with `correcting` held."""
        return len(rewrite(self._paths).done)

    def held(self, wish: Wish) -> Iterator[Held]:
        until_us = microseconds(wish.until)
        for path, table in self._tables(wish.user_id, ["kind", "user_id", "time"]):
            rows = _events(table)
            count = pc.sum(pc.less_equal(rows["time"].cast(pa.int64()), until_us)).as_py() or 0
            if count:
                yield Held(
                    f"segments/{path.name}",
                    f"{count:,} rows that no reader counts",
                    "once nobody reads, the next cycle, ingest, or `forget` again takes them out",
                )

    def _tables(self, user_id: int, columns: list[str] | None) -> Iterator[tuple[Path, pa.Table]]:
        """Yield the rows of a user in each file that is there, also in those that others have replaced."""
        with reading(self._paths.segments):
            for path in sorted(self._paths.segments.glob(f"*{SUFFIX}")):
                if path.name.startswith("."):
                    continue
                table, _ = read_segment_table(path, columns)
                if len(found := table.filter(pc.equal(table["user_id"], user_id))):
                    yield path, found


def plain(value: Any) -> Any:
    """Return a value as JSON can say it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _events(table: pa.Table) -> pa.Table:
    return table.filter(pc.invert(is_kind(table, FORGOTTEN)))
