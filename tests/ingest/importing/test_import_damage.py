"""Damaged rows go to the quarantine with a reason; files that cannot be used leave nothing behind."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from auto_deployment import cli
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Rating, render
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.paths import Paths
from tests.dataset.test_catalog import HEAT, movies
from tests.support.ingest import rating_files
from tests.support.ingest.segments import NOON

GOOD_S = rating_files.TIMES_S[0]
HEADER = "userId,movieId,rating,timestamp\n"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Paths(tmp_path / "data")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def run_import(*words: object) -> int:
    return cli.main(["import", *map(str, words)])


def import_the_rest(*words: object) -> int:
    """Import what can be taken, however little that is."""
    return run_import(*words, "--allow-rejected", "100%")


def quarantined(paths: Paths) -> list[tuple[str, int, bytes, str]]:
    rows = [row for path in quarantine_paths(paths.quarantine) for row in pq.read_table(path).to_pylist()]
    return sorted((row["file"], row["line"], row["raw"], row["reason"]) for row in rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x1,10,4,{t}", "user-id"),
        ("0x10,10,4,{t}", "user-id"),
        ("1,0xA,4,{t}", "movie-id"),
        ("1,10,4,0x65e6f0c7", "time"),
        (",10,4,{t}", "user-id"),
        ("1.5,10,4,{t}", "user-id"),
        ("0,10,4,{t}", "user-range"),
        ("-1,10,4,{t}", "user-range"),
        ("2147483648,10,4,{t}", "user-range"),
        ("99999999999999999999,10,4,{t}", "user-range"),
        ("1,99,4,{t}", "unknown-movie"),
        ("1,ten,4,{t}", "movie-id"),
        ("1,10,good,{t}", "rating"),
        ("1,10,nan,{t}", "rating"),
        ("1,10,inf,{t}", "rating"),
        ("1,10,4e0,{t}", "rating"),
        ("1,10,,{t}", "rating"),
        ("1,10,-4,{t}", "rating"),
        ("1,10,0,{t}", "rating-range"),
        ("1,10,5.5,{t}", "rating-range"),
        ("1,10,4,noon", "time"),
        ("1,10,4,{t}.x", "time"),
        ("1,10,4,", "time"),
        ("1,10,4,-1", "time-range"),
        ("1,10,4,0", "time-range"),
        ("1,10,4,4102444800", "time-range"),
        ("1,10,4,999999999999999", "time-range"),
        ("1,10,4", "fields"),
        ("1,10,4,{t},5", "fields"),
        ("1;10;4;{t}", "fields"),
        ("", "empty"),
    ],
)
def test_a_damaged_row_goes_to_the_quarantine_and_the_others_are_taken(
    paths: Paths, inbox: Path, row: str, reason: str
) -> None:
    damaged = row.format(t=GOOD_S)
    content = f"{HEADER}1,10,4.5,{GOOD_S}\n{damaged}\n2,20,4.5,{GOOD_S}\n"
    assert import_the_rest(rating_files.movielens(inbox, ratings=content), "--scale", "0.5-5") == 0
    assert quarantined(paths) == [("ratings.csv", 3, damaged.encode(), reason)]
    assert len(read_ratings(paths.segments).frame) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-03-05T12:00:07,1,quiet harbor+1987,4", "movie-id"),
        ("2024-03-05T12:00:07,1,,4", "movie-id"),
        ("2024-03-05T12:00:07,1,loud+city+1999,4", "unknown-movie"),
        ("2024-13-05T12:00:07,1,heat+1995,4", "time"),
        ("2024-03-05T,1,heat+1995,4", "time"),
        ("1709640007,1,heat+1995,4", "time"),
        ("1066-10-14T12:00:00,1,heat+1995,4", "time-range"),
        ("2024-03-05T12:00:07,1,heat+1995,6", "rating-range"),
    ],
)
def test_clean_ratings_are_held_against_the_catalogue_and_the_calendar(
    paths: Paths, inbox: Path, row: str, reason: str
) -> None:
    MOVIES.write(paths.catalog, movies(HEAT))
    good = "2024-03-05T12:00:07,1,heat+1995,4\n"
    (inbox / "ratings").write_text(f"time,user_id,movie_id,rating\n{good}{row}\n")
    assert import_the_rest(inbox, "--scale", "1-5") == 0
    assert quarantined(paths) == [("ratings", 3, row.encode(), reason)]


def test_damaged_movies_and_users_are_kept_too_and_their_ratings_have_no_movie(
    paths: Paths, inbox: Path
) -> None:
    rating_files.movielens_1m(inbox)
    with (inbox / "movies.dat").open("a", encoding="latin-1") as file:
        file.write("x::Name (1990)::Drama\n3::(1990)::Drama\n1::Again (1990)::Drama\n4::No genres\n")
    with (inbox / "users.dat").open("a") as file:
        file.write(
            "3::X::25::1::x\n4::F::old::1::x\n5::F::25::99::x\n0::F::25::1::x\n6::F::25::1\n1::M::25::1::x\n"
        )
    with (inbox / "ratings.dat").open("a") as file:
        file.write(f"1::3::4::{GOOD_S}\n")
    assert import_the_rest(inbox) == 0
    assert [(file, line, reason) for file, line, _, reason in quarantined(paths)] == [
        ("movies.dat", 3, "movie-id"),
        ("movies.dat", 4, "title"),
        ("movies.dat", 5, "repeated-id"),
        ("movies.dat", 6, "fields"),
        ("ratings.dat", 4, "unknown-movie"),
        ("users.dat", 3, "gender"),
        ("users.dat", 4, "age"),
        ("users.dat", 5, "occupation"),
        ("users.dat", 6, "user-range"),
        ("users.dat", 7, "fields"),
        ("users.dat", 8, "repeated-id"),
    ]
    assert (len(MOVIES.read(paths.catalog)), len(USERS.read(paths.catalog))) == (2, 2)


def test_a_damaged_title_row_of_a_csv_does_not_take_its_neighbours_along(paths: Paths, inbox: Path) -> None:
    movies_csv = 'movieId,title,genres\n10,"Never closed (1990),Drama\n20,Loud City (1999),Drama\n'
    rating_files.movielens(inbox, movies=movies_csv)
    assert import_the_rest(inbox) == 0
    assert MOVIES.read(paths.catalog)["movie_id"].tolist() == ["loud+city+1999"]
    assert [row[3] for row in quarantined(paths)] == [
        "fields",
        "unknown-movie",
        "unknown-movie",
        "unknown-movie",
    ]


def test_rejected_lines_of_a_log_keep_their_bytes(paths: Paths, inbox: Path) -> None:
    good, bad = render(Rating(NOON, 7, "heat+1995", 4)), b"2026-01-01T12:00,\xff,GET /rate/heat+1995=4\r"
    rating_files.event_lines(inbox / "log", [good, bad, good])
    assert import_the_rest(inbox) == 0
    assert quarantined(paths) == [("log", 2, bad, "encoding")]


def test_the_summary_names_what_was_rejected_and_why(
    paths: Paths, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = HEADER + "".join(f"1,10,{rating},{GOOD_S}\n" for rating in ("4.5", "9", "x", "8"))
    import_the_rest(rating_files.movielens(inbox, ratings=content), "--scale", "0.5-5")
    assert capsys.readouterr().out == (
        f"{inbox}/ratings.csv: MovieLens CSV, ratings on 0.5-5\n"
        "times: seconds since 1970, in UTC\n"
        "lines taken: rating 1; 1 users, 1 movies\n"
        "merged into the catalogue: 3 movies\n"
        f"rejected: 3 (rating-range 2, rating 1), kept in {paths.quarantine}\n"
        f"written: 1 segment in {paths.segments}\n"
    )
    run_import(inbox, "--scale", "0.5-5")
    assert "already imported: nothing to do" in capsys.readouterr().out


def _absent(inbox: Path) -> Path:
    return inbox / "absent"


def _empty_folder(inbox: Path) -> Path:
    return inbox


def _empty_file(inbox: Path) -> Path:
    (inbox / "ratings.csv").touch()
    return inbox / "ratings.csv"


def _blank_file(inbox: Path) -> Path:
    (inbox / "ratings.csv").write_text("\n \n\n")
    return inbox / "ratings.csv"


def _prose(inbox: Path) -> Path:
    (inbox / "notes.txt").write_text("Nothing of use,\nin here, at all\n")
    return inbox / "notes.txt"


def _binary(inbox: Path) -> Path:
    (inbox / "ratings.csv").write_bytes(b"\x7fELF\0\0\0\0" * 20)
    return inbox / "ratings.csv"


def _archive(inbox: Path) -> Path:
    (inbox / "ratings.tar.gz").write_bytes(gzip.compress(b"ratings.csv" + bytes(501), mtime=0))
    return inbox / "ratings.tar.gz"


def _damaged_archive(inbox: Path) -> Path:
    packed = gzip.compress(HEADER.encode() + b"1,10,4,1100000000\n" * 500, mtime=0)
    (inbox / "ratings.csv.gz").write_bytes(packed[: len(packed) // 2])
    return inbox / "ratings.csv.gz"


def _one_endless_line(inbox: Path) -> Path:
    (inbox / "ratings.csv").write_text("1" * 200_000)
    return inbox / "ratings.csv"


def _movies_alone(inbox: Path) -> Path:
    rating_files.movielens(inbox)
    return inbox / "movies.csv"


def _ratings_without_movies(inbox: Path) -> Path:
    rating_files.movielens(inbox)
    (inbox / "movies.csv").unlink()
    return inbox


def _header_only(inbox: Path) -> Path:
    return rating_files.movielens(inbox, ratings=HEADER)


def _all_rows_damaged(inbox: Path) -> Path:
    return rating_files.movielens(inbox, ratings=HEADER + "1,10,good,1100000000\n" * 3)


def _two_sources(inbox: Path) -> Path:
    rating_files.clean_ratings(inbox / "clean_rating.csv", ["4"])
    return rating_files.movielens(inbox)


def _two_logs(inbox: Path) -> Path:
    for name in ("a.log", "b.log"):
        rating_files.event_lines(inbox / name, [render(Rating(NOON, 7, "heat+1995", 4))])
    return inbox


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (_absent, "absent cannot be read (No such file or directory)"),
        (_empty_folder, "holds no ratings and no event lines"),
        (_empty_file, "is empty"),
        (_blank_file, "is empty"),
        (_prose, "is neither a table of ratings nor captured event lines"),
        (_binary, "is not a text file"),
        (_archive, "is not a text file (unpack an archive first)"),
        (_damaged_archive, "is a damaged or encrypted archive"),
        (_one_endless_line, "is neither a table of ratings nor captured event lines"),
        (_movies_alone, "holds the movies of MovieLens CSV"),
        (_ratings_without_movies, "put movies.csv beside it"),
        (_header_only, "holds no ratings and no events"),
        (_all_rows_damaged, "None of the 3 lines"),
        (_two_sources, "several sources (clean_rating.csv, ratings.csv)"),
        (_two_logs, "several sources (a.log, b.log)"),
    ],
)
def test_what_cannot_be_used_gives_one_sentence_and_status_2_and_nothing_is_written(
    paths: Paths, inbox: Path, capsys: pytest.CaptureFixture[str], prepare: object, sentence: str
) -> None:
    assert callable(prepare)
    assert run_import(prepare(inbox)) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not paths.root.exists()


def test_a_file_without_the_right_to_read_it_is_named(
    paths: Paths, inbox: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rating_files.movielens(inbox)
    really_open = Path.open

    # Rights do not stop root, who runs tests in containers.
    def refuse(path: Path, *args: Any, **options: Any) -> object:
        if path.name == "ratings.csv":
            raise PermissionError(13, "Permission denied")
        return really_open(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert run_import(inbox / "ratings.csv") == 2
    assert "ratings.csv cannot be read (Permission denied)" in capsys.readouterr().err
    assert not paths.root.exists()


@pytest.mark.parametrize("scale", ["5", "5-1", "a-b", "1-", "-1-5"])
def test_a_scale_that_is_none_is_refused(
    paths: Paths, inbox: Path, capsys: pytest.CaptureFixture[str], scale: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_import(rating_files.movielens(inbox), f"--scale={scale}")
    assert stopped.value.code == 2
    assert "use LOW-HIGH" in capsys.readouterr().err
