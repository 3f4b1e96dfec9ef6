"""Rejected rows of tables are tried again: those that are valid now are stored once, where they stood."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment import cli
from auto_deployment.dataset.quarantine import METADATA_KEY
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import list_segments, segment_paths
from auto_deployment.ingest.importing import parts
from auto_deployment.ingest.importing.tables import records
from tests.ingest.importing.conftest import Importer
from tests.support.ingest.killed import KILLED

HEADER = "userId,movieId,rating,timestamp\n"
GOOD = [f"{user},{user % 3 + 1},{user % 5 + 1},{1_112_486_027 + user}" for user in range(1, 8)]
BAD = ["9,4,5,1112486100", "x,1,3,1112486101", '8,4,"2",1112486102']
ROWS = [*GOOD[:3], BAD[0], *GOOD[3:5], *BAD[1:], *GOOD[5:]]
NEW_MOVIE = "4,New Moon (2001),Drama\n"
ANY = ("--allow-rejected", "1")


@pytest.fixture
def imported(importer: Importer, write: Callable[..., Path]) -> Path:
    """Import a table three of whose rows cannot be taken: two name a movie that its movie table lacks."""
    path = write(HEADER + "".join(f"{row}\n" for row in ROWS))
    assert importer(*ANY, path) == 0
    return path


@pytest.fixture
def replayed(importer: Importer, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, object]]:
    """Return what runs `replay-quarantine` and returns its report, or what it has refused."""

    def run(*words: object) -> dict[str, object]:
        status = cli.main(["ingest", "replay-quarantine", "--json", *map(str, words)])
        out, err = capsys.readouterr()
        return json.loads(out) if status == 0 else {"refused": err}

    return run


def correct(ratings: Path) -> None:
    with ratings.with_name("movies.csv").open("a") as file:
        file.write(NEW_MOVIE)


def positions(importer: Importer) -> list[tuple[int, int]]:
    """Return (user, line from 0) of each row that was taken from the quarantine."""
    rows = [row for path in segment_paths(importer.paths.segments) for row in pq.read_table(path).to_pylist()]
    return sorted((row["user_id"], row["offset"]) for row in rows if row["offset"] is not None)


def test_a_corrected_movie_table_brings_its_ratings_in_once(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    correct(imported)
    assert importer(*ANY, imported) == 0
    assert "already imported" in importer.out
    assert "rejected for unknown movies: 2; `ingest replay-quarantine` tries them again" in importer.out
    assert replayed() == {"lines": 3, "recovered": 2, "untried": {}}
    assert positions(importer) == [(8, 8), (9, 4)]
    assert importer.rows()[-2:] == [
        (8, "new+moon+2001", 2.0, 1_112_486_102),
        (9, "new+moon+2001", 5.0, 1_112_486_100),
    ]
    assert importer.quarantined() == [(8, BAD[1].encode(), "user-id")]
    assert replayed() == {"lines": 1, "recovered": 0, "untried": {}}
    assert len(importer.rows()) == len(GOOD) + 2
    assert importer(*ANY, imported) == 0
    assert "lines taken: rating 9\n" in importer.out
    assert "rejected: 1 (user-id 1)" in importer.out


def test_a_table_is_the_same_whatever_movies_are_known_and_in_any_order(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    correct(imported)
    imported.write_text(HEADER + "".join(f"{row}\n" for row in reversed(ROWS)))
    for _ in range(2):
        assert importer(*ANY, imported) == 0
        assert "already imported" in importer.out
        replayed()
    assert len(importer.rows()) == len(GOOD) + 2
    importer("--list")
    assert len(importer.out.splitlines()) == 2


@pytest.mark.parametrize(("call", "left", "shown"), [("replace", 0, False), ("replace", 1, True)])
def test_whoever_is_killed_at_a_rename_loses_and_doubles_nothing(
    importer: Importer,
    imported: Path,
    replayed: Callable[..., dict[str, object]],
    call: str,
    left: int,
    shown: bool,
) -> None:
    correct(imported)
    importer(*ANY, imported)
    before = importer.quarantined()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(call=call, left=left, first=""), "ingest", "replay-quarantine"],
        env={**os.environ, "DATA_DIR": str(importer.paths.root)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert importer.quarantined() == before
    assert len(positions(importer)) == (2 if shown else 0)
    replayed()
    assert positions(importer) == [(8, 8), (9, 4)]
    assert len(importer.quarantined()) == 1
    assert replayed() == {"lines": 1, "recovered": 0, "untried": {}}


def test_a_second_scale_is_refused_with_the_way_to_begin_again(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    correct(imported)
    importer(*ANY, imported)
    said = str(replayed("--source", "ratings.csv", "--scale", "1-10")["refused"])
    assert "one source cannot hold two scales, so nothing was taken" in said
    assert "`import --replace import-" in said
    assert len(importer.quarantined()) == 3
    assert replayed("--source", "ratings.csv", "--scale", "1-5")["recovered"] == 2


def test_rows_with_their_columns_elsewhere_are_read_as_they_are_asked_for(
    importer: Importer, write: Callable[..., Path], replayed: Callable[..., dict[str, object]]
) -> None:
    path = write(HEADER + "".join(f"{row}\n" for row in GOOD) + "1112486200000,2,5,17\n")
    assert importer(*ANY, path) == 0
    assert replayed()["recovered"] == 0
    again = replayed("--source", "ratings.csv", "--columns", "user=4,time=1")
    assert again["recovered"] == 1
    assert (17, "tin+parade+2004", 5.0, 1_112_486_200) in importer.rows()
    assert "has no column 'when'" in str(_refused(importer, replayed, write))


def _refused(
    importer: Importer, replayed: Callable[..., dict[str, object]], write: Callable[..., Path]
) -> object:
    path = write(HEADER + "".join(f"{row}\n" for row in [*GOOD[1:], BAD[1]]), "other.csv")
    assert importer(*ANY, path) == 0
    return replayed("--source", "other.csv", "--columns", "time=when")["refused"]


def test_rows_over_lines_and_rows_of_blocks_are_read_again_each_for_itself(
    importer: Importer, write: Callable[..., Path], replayed: Callable[..., dict[str, object]]
) -> None:
    rows = ['4,7,"x\ny",5,1112486027', '4,8,"a,5,1112486028', "5,1,c,4,1112486029", "6,7,c,4,1112486030"]
    path = write("movieId,userId,text,rating,timestamp\n" + "".join(f"{row}\n" for row in rows))
    assert importer(*ANY, path) == 2  # movie 5 and 6 are not known, too
    path.write_text("movieId,userId,text,rating,timestamp\n1,1,t,3,1112486026\n" + "\n".join(rows) + "\n")
    assert importer(*ANY, path) == 0
    correct(path)
    importer(*ANY, path)
    assert replayed()["recovered"] == 1
    assert positions(importer) == [(7, 2)]
    assert [reason for _, _, reason in importer.quarantined()] == ["fields", "unknown-movie", "unknown-movie"]


def test_rows_of_blocks_keep_the_line_that_names_their_movie(
    importer: Importer, write: Callable[..., Path], replayed: Callable[..., dict[str, object]]
) -> None:
    titles = "1,2003,Dinosaur Planet\n"
    movies = write(titles, "movie_titles.csv", movies=False)
    blocks = "1:\n7,3,2005-09-06\n2:\n8,4,2005-10-19\n9,5,2005-10-20\n"
    path = write(blocks, "combined_data_1.txt", movies=False)
    assert importer(*ANY, path) == 0
    assert [raw for _, raw, _ in importer.quarantined()] == [b"2:\n8,4,2005-10-19", b"2:\n9,5,2005-10-20"]
    movies.write_text(titles + "2,2004,Isle of Man\n")
    importer(*ANY, path)
    assert replayed()["recovered"] == 2
    assert positions(importer) == [(8, 3), (9, 4)]


def test_rows_that_cannot_be_tried_are_counted_with_the_way_out(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    (path,) = quarantine_paths(importer.paths.quarantine)
    table = pq.read_table(path)
    facts = json.loads(table.schema.metadata[METADATA_KEY])
    del facts["table"]
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: json.dumps(facts)}), path)
    for words in ((), ("--source", "ratings.csv")):
        done = replayed(*words)
        assert (done["lines"], done["recovered"]) == (0, 0)
        assert done["untried"] == {
            "that an earlier version rejected: store their file anew with `import --replace`": 3
        }


def test_rows_of_an_import_that_did_not_end_wait_for_its_end(
    importer: Importer,
    imported: Path,
    replayed: Callable[..., dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 38)
    monkeypatch.setattr(parts, "PART_LINES", 2)
    imported.write_text(HEADER + "".join(f"{row}\n" for row in [*BAD, *GOOD]))
    assert importer("--replace", "ratings.csv", *ANY, imported) == 0
    segment_paths(importer.paths.segments)[-1].unlink()
    correct(imported)
    assert replayed()["untried"] == {"of an import that did not end: import it again": 3}
    assert len(positions(importer)) == 0


def test_rows_that_came_back_go_with_their_import(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    correct(imported)
    importer(*ANY, imported)
    assert replayed()["recovered"] == 2
    assert importer("--replace", "ratings.csv", *ANY, imported) == 0
    assert len(importer.rows()) == len(GOOD) + 2
    assert len(list_segments(importer.paths.segments)) == 1


def test_rows_of_a_movie_table_are_not_tried_and_leave_with_its_correction(
    importer: Importer, imported: Path, replayed: Callable[..., dict[str, object]]
) -> None:
    movies = imported.with_name("movies.csv")
    good = movies.read_text()
    movies.write_text(good + "x,Nobody (2001),Drama\n")
    assert importer(*ANY, imported) == 0
    assert "rejected: 4 (unknown-movie 2, user-id 1, movie-id 1)" in importer.out
    assert replayed()["untried"] == {"of tables of movies and users: import the corrected table again": 1}
    movies.write_text(good + NEW_MOVIE)
    assert importer(*ANY, imported) == 0
    assert "rejected: 3 (unknown-movie 2, user-id 1)" in importer.out
