"""Every kind of file, imported whole."""

import hashlib
import os
from pathlib import Path

import pytest

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import AccountCreated, Event, Rating, Recommendation, render
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.segments import publish_segment, stage_segment
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.job import Imported, Limits, run_import
from auto_deployment.ingest.importing.look import Scales
from auto_deployment.ingest.importing.recognise import recognise
from auto_deployment.ingest.importing.tables import records
from auto_deployment.paths import Paths
from tests.dataset.test_catalog import HEAT, movies
from tests.support.ingest import rating_files
from tests.support.ingest.segments import NOON, watch

RatingRow = tuple[int, str, float, int]
Scale = tuple[float, float]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def imported(paths: Paths, path: Path, scale: Scale | None = None) -> Imported:
    return run_import(recognise(path), paths, Limits(Scales(scale, (1, 5))))


def ratings(paths: Paths) -> list[RatingRow]:
    frame = read_ratings(paths.segments).frame
    columns = (
        frame["user_id"],
        frame["movie_id"],
        frame["rating"].round(4),
        frame["time"].astype("int64") // 10**6,
    )
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_movielens_csv_is_on_half_stars_and_brings_its_movies(paths: Paths, inbox: Path) -> None:
    result = imported(paths, rating_files.movielens(inbox))
    assert result.metas[0].rating_scale == (0.5, 5)
    assert ratings(paths) == [
        (1, "loud+city+1999", 1.0, rating_files.TIMES_S[1]),
        (1, "the+quiet+harbour+1987", pytest.approx(4.5556), rating_files.TIMES_S[0]),
        (2, "green+blue+and+grey+", pytest.approx(3.2222), rating_files.TIMES_S[2]),
        (2, "the+quiet+harbour+1987", 5.0, rating_files.TIMES_S[2]),
    ]
    catalog = MOVIES.read(paths.catalog)
    assert catalog["title"].tolist() == ['Green, Blue and "Grey"', "Loud City", "The Quiet Harbour"]
    assert [list(genres) for genres in catalog["genres"]] == [["Comedy"], [], ["Drama", "Romance"]]
    assert catalog["year"].fillna(0).tolist() == [0, 1999, 1987]
    assert (result.users, result.movies) == (2, 3)


def test_movielens_100k_brings_users_and_is_told_from_its_splits_by_name(paths: Paths, inbox: Path) -> None:
    imported(paths, rating_files.movielens_100k(inbox))
    assert ratings(paths) == [
        (1, "lete+sans+fin+1994", 5.0, rating_files.TIMES_S[0]),
        (1, "unknown+", 1.0, rating_files.TIMES_S[1]),
        (2, "lete+sans+fin+1994", 3.0, rating_files.TIMES_S[2]),
    ]
    catalog = MOVIES.read(paths.catalog)
    assert catalog["title"].tolist() == ["L'Été sans fin", "unknown"]
    assert [list(genres) for genres in catalog["genres"]] == [["Comedy", "Drama"], []]
    users = USERS.read(paths.catalog)
    assert users.to_numpy().tolist() == [[1, 24, "M", "technician"], [2, 53, "F", "other"]]


def test_movielens_1m_brings_age_bands_and_named_occupations(paths: Paths, inbox: Path) -> None:
    imported(paths, rating_files.movielens_1m(inbox))
    assert ratings(paths) == [
        (1, "cafe+nights+1994", 5.0, rating_files.TIMES_S[0]),
        (1, "loud+city+part+2+1999", 1.0, rating_files.TIMES_S[1]),
        (2, "cafe+nights+1994", 3.0, rating_files.TIMES_S[2]),
    ]
    assert MOVIES.read(paths.catalog)["title"].tolist() == ["Café Nights", "Loud City: Part 2"]
    users = USERS.read(paths.catalog)
    assert users.to_numpy().tolist() == [[1, 1, "F", "K-12 student"], [2, 56, "M", "self-employed"]]


def test_the_same_layout_with_half_stars_is_on_their_scale(paths: Paths, inbox: Path) -> None:
    assert imported(paths, rating_files.movielens_1m(inbox, half_stars=True)).metas[0].rating_scale == (
        0.5,
        5,
    )


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        (["1", "3", "5"], None, (1, 5)),
        (["1", "6", "10"], None, (1, 10)),
        (["1", "3", "5"], (1, 10), (1, 10)),
    ],
)
def test_clean_ratings_show_their_scale_unless_it_is_given(
    paths: Paths,
    inbox: Path,
    given: list[str],
    asked: tuple[float, float] | None,
    expected: tuple[float, float],
) -> None:
    path = rating_files.clean_ratings(inbox / "clean_rating.csv", given)
    assert imported(paths, path, asked).metas[0].rating_scale == expected


@pytest.mark.parametrize(
    "time",
    [
        "2024-03-05T12:00:07",
        "2024-03-05 12:00:07",
        "2024-03-05T13:00:07+01:00",
        "2024-03-05T12:00:07.000000123",
    ],
)
def test_clean_ratings_have_times_in_utc_unless_they_say_otherwise(
    paths: Paths, inbox: Path, time: str
) -> None:
    imported(paths, rating_files.clean_ratings(inbox / "clean_rating.csv", ["5"], time=time))
    assert ratings(paths) == [(1, "movie+1+1990", 5.0, 1_709_640_007)]


def test_columns_are_found_by_name_and_others_passed_over(paths: Paths, inbox: Path) -> None:
    inbox.mkdir()
    (inbox / "export.csv").write_bytes(
        b"\xef\xbb\xbfrating,device,movie_id,user_id,time\r\n5,tv,quiet+harbor+1987,7,2024-03-05T12:00\r\n"
    )
    imported(paths, inbox / "export.csv")
    assert ratings(paths) == [(7, "quiet+harbor+1987", 5.0, 1_709_640_000)]


def test_captured_lines_of_every_kind_become_rows(paths: Paths, inbox: Path) -> None:
    events: list[Event] = [
        *watch(7, "heat+1995", 0, 1),
        Rating(NOON, 7, "heat+1995", 4),
        Recommendation(NOON, 8, "host:8082", 200, ("heat+1995",), None, 9),
        AccountCreated(NOON, 9),
    ]
    result = imported(paths, rating_files.event_lines(inbox / "log", list(map(render, events))))
    assert result.metas[0].counts == {
        "watch": 2,
        "rating": 1,
        "recommendation": 1,
        "account": 1,
        "rejected": 0,
        "repaired": 0,
        "duplicate": 0,
    }
    assert result.metas[0].source["offsets"] == {"0": [0, 5]}
    assert read_watches(paths.segments).frame["minutes_watched"].tolist() == [2]
    assert ratings(paths) == [(7, "heat+1995", 4.0, int(NOON.timestamp()))]
    assert (result.users, result.movies) == (3, 1)


def test_lines_are_held_against_the_catalogue_where_there_is_one(paths: Paths, inbox: Path) -> None:
    MOVIES.write(paths.catalog, movies(HEAT))
    lines_of = [
        b"2026-01-01T12:00,%d,GET /rate/%s=4" % row for row in ((1, b"heat+1995"), (2, b"hXeat+1995"))
    ]
    lines_of += [
        b"2026-01-01T12:00,3,GET /rate/hseat+1995=4",
        b"2026-01-01T12:00,4,GET /rate/aDdjc1gioFamIk7=4",
    ]
    lines_of += [b"2026-01-01T12:00,5,GET /rate/cold+1995=4"]
    result = imported(paths, rating_files.event_lines(inbox / "log", lines_of))
    assert [row[:2] for row in ratings(paths)] == [(1, "heat+1995"), (2, "heat+1995"), (3, "heat+1995")]
    assert result.metas[0].counts["repaired"] == 2
    assert result.metas[0].rejected_by_reason == {"movie-id": 1, "unknown-movie": 1}


def test_a_large_file_becomes_parts_that_cover_it_without_gap(
    paths: Paths, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.ingest.importing.parts.PART_LINES", 4)
    monkeypatch.setattr(records, "BLOCK_BYTES", 80)
    path = rating_files.clean_ratings(inbox / "clean_rating.csv", ["5"] * 9)
    result = imported(paths, path)
    assert [meta.source["offsets"]["0"] for meta in result.metas] == [[1, 4], [4, 8], [8, 10]]
    assert [meta.source["last"] for meta in result.metas] == [False, False, True]
    assert sorted(row[0] for row in ratings(paths)) == list(range(1, 10))


def test_a_line_of_many_megabytes_is_rejected_in_bounded_memory(paths: Paths, inbox: Path) -> None:
    long = b"2026-01-01T12:00,1,GET /rate/" + b"a" * 3_000_000 + b"=4"
    good = render(Rating(NOON, 7, "heat+1995", 4))
    result = imported(paths, rating_files.event_lines(inbox / "log", [good, good, long, good]))
    assert result.metas[0].rejected_by_reason == {"too-long": 1}
    assert result.metas[0].source["offsets"] == {"0": [0, 4]}


def test_a_file_finds_its_siblings_whatever_they_are_called(paths: Paths, inbox: Path) -> None:
    rating_files.movielens(inbox)
    os.rename(inbox / "movies.csv", inbox / "titles.txt")
    os.rename(inbox / "ratings.csv", inbox / "all.txt")
    (inbox / "README.txt").write_text("What this is.\n")
    imported(paths, inbox / "all.txt")
    assert len(ratings(paths)) == 4


def test_a_second_import_adds_nothing(paths: Paths, inbox: Path) -> None:
    rating_files.movielens(inbox)
    imported(paths, inbox)
    before = written(paths)
    again = imported(paths, inbox / "ratings.csv")
    assert again.already
    assert written(paths) == before


def written(paths: Paths) -> dict[Path, tuple[int, int, int]]:
    """Return each file's number, size and time of writing; reading it changes none of them."""
    found = {path: path.stat() for path in paths.root.rglob("*") if path.is_file()}
    return {path: (one.st_ino, one.st_size, one.st_mtime_ns) for path, one in found.items()}


def test_another_scale_for_what_is_imported_is_refused(paths: Paths, inbox: Path) -> None:
    path = rating_files.clean_ratings(inbox / "clean_rating.csv", ["1", "5"])
    imported(paths, path)
    with pytest.raises(BadInputError, match="imported with ratings on 1-5"):
        imported(paths, path, (1, 10))


def test_leftovers_of_dead_writers_are_removed_by_the_next_import(paths: Paths, inbox: Path) -> None:
    leftovers = [
        folder / ".other.parquet.tmp" for folder in (paths.segments, paths.quarantine, paths.catalog)
    ]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True)
        leftover.write_bytes(b"half")
    imported(paths, rating_files.movielens(inbox))
    assert not any(leftover.exists() for leftover in leftovers)


def test_a_log_that_another_command_stores_piece_by_piece_is_left_to_it(paths: Paths, inbox: Path) -> None:
    log = rating_files.event_lines(inbox / "log", [render(Rating(NOON, 7, "heat+1995", 4))])
    sha256 = hashlib.sha256(log.read_bytes()).hexdigest()
    builder = SegmentBuilder()
    source = {"kind": "file", "sha256": sha256, "offsets": {"0": [0, 1]}}
    publish_segment(stage_segment(paths.segments, "file-other", [], lambda: builder.meta(source, (1, 5))))
    with pytest.raises(BadInputError, match="ingest --from-file"):
        imported(paths, log)


def test_an_answer_over_several_lines_of_a_log_is_one_event(
    paths: Paths, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.ingest.importing.lines._CHUNK_LINES", 2)
    monkeypatch.setattr("auto_deployment.ingest.importing.parts.PART_LINES", 2)
    answer = b"2026-08-27T10:00,7,recommendation request h:82, status 500, result: <p>\nbroken\n</p>, 12 ms"
    lines = [b"2026-08-27T10:00,%d,GET /rate/a+1999=3" % user for user in range(1, 8)]
    done = imported(paths, rating_files.event_lines(inbox / "a.log", [*lines[:1], answer, *lines[1:]]))
    assert [meta.source["offsets"]["0"] for meta in done.metas] == [[0, 4], [4, 6], [6, 8], [8, 10]]
    assert sum(meta.counts["recommendation"] for meta in done.metas) == 1
    assert sum(meta.counts["rating"] for meta in done.metas) == 7
    assert not any(meta.rejected_by_reason for meta in done.metas)
