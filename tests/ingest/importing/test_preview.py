"""`import --preview` says what was understood, and writes nothing."""

from collections.abc import Callable
from pathlib import Path

from tests.ingest.importing.conftest import Importer

HEADER = "userId,movieId,rating,timestamp\n"


def test_a_preview_shows_columns_scale_times_rows_and_what_is_rejected(
    importer: Importer, write: Callable[..., Path]
) -> None:
    path = write(HEADER + "1,1,3.5,1112486027\nsomeone,1,4,1112486027\n2,3,0.5,1261956855\n")
    assert importer(path, "--preview") == 0
    movies = path.with_name("movies.csv")
    assert importer.out == (
        f"{path}: MovieLens CSV\n"
        "columns: user = userId, movie = movieId, rating = rating, time = timestamp; a header, "
        "divided by ','\n"
        f"movies: named by {movies}\n"
        "scale: 0.5-5 (2 different ratings, from 0.5 to 3.5 in steps of 0.5)\n"
        "times: seconds since 1970, in UTC\n"
        "from 2005-04-02T23:53:47 to 2009-12-27T23:34:15\n"
        "rows: 2 taken; rejected: 1 (user-id 1); more than 0.01 of all: an import stops\n"
        "  line 3: user-id: someone,1,4,1112486027\n"
        "first rows as they will be stored:\n"
        "  2005-04-02T23:53:47 user 1 kite+harbour+1995 3.5\n"
        "  2009-12-27T23:34:15 user 2 low+tide+1999 0.5\n"
        "nothing was written\n"
    )
    assert not importer.paths.root.exists()


def test_a_preview_shows_an_uncertain_scale_and_ten_rows(
    importer: Importer, write: Callable[..., Path]
) -> None:
    rows = "".join(f"{user},1,{user % 6},1112486027\n" for user in range(1, 30))
    assert importer(write(HEADER + rows), "--preview") == 0
    assert "scale: not certain (6 different ratings, from 0 to 5 in steps of 1): say it with --scale" in (
        importer.out
    )
    assert importer.out.count(" user ") == 10 + 1  # and in the line of the columns
    assert "nothing can be split by time" in importer.out


def test_lines_of_the_stream_are_looked_at_by_ingest(importer: Importer, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"2026-01-01T12:00,1,GET /rate/heat+1995=4\n")
    assert importer(tmp_path / "log", "--preview") == 2
    assert "ingest --dry-run --from-file" in importer.err
