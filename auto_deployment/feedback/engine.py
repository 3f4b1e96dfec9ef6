"""DuckDB as the engine of joins and questions: in memory, within limits, over files and tables of Arrow."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from auto_deployment.feedback.files import FeedbackError


@dataclass(frozen=True, slots=True)
class Engine:
    """How much DuckDB may use; what does not fit into its memory goes into files in `spill`."""

    spill: Path
    threads: int
    memory_mb: int

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a database of its own; raise `FeedbackError` for what DuckDB refuses."""
        config: Mapping[str, str] = {
            "threads": str(self.threads),
            "memory_limit": f"{self.memory_mb}MB",
            "temp_directory": str(self.spill),
            "autoinstall_known_extensions": "false",
            "preserve_insertion_order": "false",
        }
        try:
            with duckdb.connect(":memory:", config=dict(config)) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                yield connection
        except duckdb.Error as error:
            reason = " ".join(str(error).split())
            raise FeedbackError(f"DuckDB could not answer: {reason}") from error


def parquet(files: Sequence[Path], *, names: bool = False) -> str:
    """Return the SQL that reads files; with `names` there is a column `filename`."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return f"read_parquet([{listed}], filename = {str(names).lower()})"
