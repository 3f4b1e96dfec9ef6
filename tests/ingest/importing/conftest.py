"""What tests of imports share: a data directory, the command, and what is stored after it."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment import cli
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import list_segments, segment_paths
from auto_deployment.paths import Paths

StoredRow = tuple[int, str, float, int]


class Importer:
    """The command `import`, into a data directory of its own."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.paths = Paths(root)
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: object) -> int:
        status = cli.main(["import", *map(str, words)])
        self.out, self.err = self._capsys.readouterr()
        return status

    def rows(self) -> list[StoredRow]:
        """Return (user, movie, rating on the scale of its segment, second) of each stored row."""
        rows = []
        for path in segment_paths(self.paths.segments):
            for row in pq.read_table(path).to_pylist():
                rating = round(float(row["rating"]), 4)
                rows.append((row["user_id"], row["movie_id"], rating, round(row["time"].timestamp())))
        return sorted(rows)

    def scales(self) -> list[tuple[float, float]]:
        return [segment.meta.rating_scale for segment in list_segments(self.paths.segments)]

    def quarantined(self) -> list[tuple[int, bytes, str]]:
        files = quarantine_paths(self.paths.quarantine)
        rows = [row for path in files for row in pq.read_table(path).to_pylist()]
        return sorted((row["line"], row["raw"], row["reason"]) for row in rows)


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Importer:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Importer(tmp_path / "data", capsys)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a rating table into an inbox, with a table of three movies beside it."""

    def write_table(content: str | bytes, name: str = "ratings.csv", *, movies: bool = True) -> Path:
        inbox = tmp_path / "inbox"
        inbox.mkdir(exist_ok=True)
        if movies:
            titles = "1,Kite Harbour (1995),Drama\n2,Tin Parade (2004),Action\n3,Low Tide (1999),Drama\n"
            (inbox / "movies.csv").write_text("movieId,title,genres\n" + titles)
        (inbox / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return inbox / name

    return write_table
