"""Where impressions and outcomes are kept: a port, and the store that needs nothing installed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.feedback.engine import parquet
from auto_deployment.feedback.files import (
    SUFFIX,
    Facts,
    FeedbackError,
    closed_files,
    read_facts,
    write_file,
)
from auto_deployment.feedback.tables import DAY, TABLES, FeedbackTable


class FeedbackStore(Protocol):
    """Keeps a table for each period as a whole: writing it again puts it in the place of what was there."""

    def facts(self, table: FeedbackTable) -> dict[datetime, Facts]:
        """Return what is said of each period that is there, by its beginning."""

    def replace(self, table: FeedbackTable, period: datetime, rows: pa.Table, facts: Facts) -> None:
        """Put rows and facts in the place of what there is of a period, in one step."""

    def remove_before(self, time: datetime) -> int:
        """Remove periods that ended before a time; return how many."""

    def show(self, connection: duckdb.DuckDBPyConnection, since: datetime | None) -> None:
        """Let DuckDB know the tables by their names, periods that ended before `since` left out."""


class ParquetStore:
    """A file for each period. One writer; readers open closed files only, each whole in some version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def facts(self, table: FeedbackTable) -> dict[datetime, Facts]:
        return {_period(path): read_facts(path) for path in self._files(table)}

    def facts_of(self, table: FeedbackTable, period: datetime) -> Facts:
        """Return what is said of one period; raise `FileNotFoundError` where it is not there."""
        return read_facts(self._path(table, period))

    def rows(self, table: FeedbackTable, period: datetime) -> pa.Table:
        """Return the rows of one period; raise `FeedbackError` where the file is damaged."""
        path = self._path(table, period)
        try:
            return pq.read_table(path, page_checksum_verification=True).cast(table.schema)
        except (OSError, pa.ArrowException) as error:
            raise FeedbackError(f"{path} is damaged: restore it from a copy or move it away.") from error

    def periods(self, table: FeedbackTable) -> set[datetime]:
        return {_period(path) for path in self._files(table)}

    def replace(self, table: FeedbackTable, period: datetime, rows: pa.Table, facts: Facts) -> None:
        write_file(self._path(table, period), _ordered(rows.cast(table.schema)), facts, one_user=True)

    def remove(self, table: FeedbackTable, period: datetime) -> None:
        self._path(table, period).unlink(missing_ok=True)

    def remove_before(self, time: datetime) -> int:
        old = [
            path for table in TABLES for path in self._files(table) if _period(path) + table.period <= time
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def show(self, connection: duckdb.DuckDBPyConnection, since: datetime | None) -> None:
        for table in TABLES:
            files = [
                one for one in self._files(table) if since is None or _period(one) + table.period > since
            ]
            for path in files:
                read_facts(path)  # refuses what a later build has written
            if files:
                connection.execute(f"CREATE VIEW {table.name} AS SELECT * FROM {parquet(files)}")
            else:
                connection.register(table.name, table.schema.empty_table())

    def _files(self, table: FeedbackTable) -> list[Path]:
        return closed_files(self._folder / table.name)

    def _path(self, table: FeedbackTable, period: datetime) -> Path:
        form = "%Y%m%d" if table.period == DAY else "%Y%m%dT%H"
        return self._folder / table.name / f"{period:{form}}{SUFFIX}"


def _ordered(rows: pa.Table) -> pa.Table:
    """Sort by user, then by all else: one user's rows lie together, and the same rows give the same file."""
    names = [field.name for field in rows.schema if not pa.types.is_list(field.type)]
    names.sort(key=lambda name: name != "user_id")
    return rows.sort_by([(name, "ascending") for name in names])


def _period(path: Path) -> datetime:
    form = "%Y%m%dT%H" if "T" in path.stem else "%Y%m%d"
    try:
        return datetime.strptime(path.stem, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise FeedbackError(f"{path} has no name of a period: move it away.") from error
