"""The table of shapes in docs/ingest.md: each row is taken, or refused with the sentence that helps."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.ingest.importing.conftest import Importer, StoredRow
from tests.support.project import PROJECT

KITE, TIN, TIDE = "kite+harbour+1995", "tin+parade+2004", "low+tide+1999"
ROWS = [(1, KITE, 3.5, 1_112_486_027), (1, TIN, 4.0, 1_112_484_676), (2, TIDE, 0.5, 1_261_956_855)]
WHOLE = [(user, movie, float(int(rating) + 1), time) for user, movie, rating, time in ROWS]
PLAIN = "1,1,3.5,1112486027\n1,2,4.0,1112484676\n2,3,0.5,1261956855\n"
HEADER = "userId,movieId,rating,timestamp\n"


def zipped(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("set/ratings.csv", content)
        archive.writestr(
            "set/movies.csv", "movieId,title,genres\n1,Kite Harbour (1995),Drama\n2,Tin Parade (2004),\n"
        )
        archive.writestr("__MACOSX/set/._ratings.csv", "x")
    return packed.getvalue()


class Shape(NamedTuple):
    """A file, what it is asked with, and what is stored of it or said about it."""

    content: str | bytes
    rows: list[StoredRow] | str
    name: str = "ratings.csv"
    words: tuple[str, ...] = ()
    without: str = ""  # what is said when the words are left out
    movies: bool = True


SHAPES = {
    "MovieLens CSV": Shape(HEADER + PLAIN, ROWS),
    "MovieLens of Kaggle": Shape(
        '"userId","movieId","rating","timestamp"\n1,1,3.5,"2005-04-02 23:53:47"\n'
        '1,2,4.0,"2005-04-02 23:31:16"\n2,3,0.5,"2009-12-27 23:34:15"\n',
        ROWS,
        "rating.csv",
    ),
    "MovieLens 100K": Shape(
        "1\t1\t4\t1112486027\n1\t2\t5\t1112484676\n2\t3\t1\t1261956855\n", WHOLE, "u.data"
    ),
    "MovieLens 1M and 10M": Shape(PLAIN.replace(",", "::"), ROWS, "ratings.dat"),
    "clean ratings": Shape(
        "time,user_id,movie_id,rating\n2005-04-02T23:53:47,1,heat+1995,1.4444\n",
        [(1, "heat+1995", 1.4444, 1_112_486_027)],
        movies=False,
    ),
    "other names": Shape(
        "Date,Stars,Item,User-ID\n1112486027,3.5,1,1\n1112484676,4,2,1\n1261956855,.5,3,2\n".replace(
            ",.5", ",0.5"
        ),
        ROWS,
    ),
    "further columns": Shape(
        ',movieId,title,userId,device,rating,timestamp\n0,1,"Kite, ""The""\nHarbour",1,tv,3.5,1112486027\n'
        '1,2,Tin,1,,4.0,1112484676\n2,3,"12""",2,,0.5,1261956855\n',
        ROWS,
    ),
    "semicolons, decimal comma": Shape(
        "\ufeff" + (HEADER + PLAIN).replace(",", ";").replace(".", ",").replace("\n", "\r\n"), ROWS
    ),
    "tabs": Shape((HEADER + PLAIN).replace(",", "\t"), ROWS, "user_ratedmovies-timestamps.dat"),
    "no header": Shape(
        PLAIN,
        ROWS,
        words=("--columns", "user=1,movie=2,rating=3,time=4"),
        without="it is not known which column is user, movie, rating, time",
    ),
    "names that say nothing": Shape(
        "a,b,c,d\n" + PLAIN,
        ROWS,
        words=("--columns", "user=a,movie=b,rating=c"),
        without="nearest is a table with a header (a, b, c, d), but none of its columns is known to be",
    ),
    "UTF-16": Shape((HEADER + PLAIN).encode("utf-16"), ROWS),
    "carriage returns": Shape((HEADER + PLAIN).replace("\n", "\r"), ROWS),
    "ids as 1.0": Shape(
        HEADER + "1.0,1.0,3.5,1112486027.0\n1.0,2.0,4.0,1112484676.0\n2,3,0.5,1261956855\n", ROWS
    ),
    "milliseconds": Shape(HEADER + re.sub("(?m)$(?<=[0-9])", "000", PLAIN), ROWS),
    "times with zones": Shape(
        HEADER
        + "1,1,3.5,2005-04-03T00:53:47+01:00\n1,2,4.0,2005-04-02T23:31:16Z\n2,3,0.5,2009-12-27 23:34:15\n",
        ROWS,
    ),
    "no times": Shape(
        "userId,movieId,rating\n1,1,3.5\n",
        [(1, KITE, 3.5, 946_684_800)],
        words=("--time", "none"),
        without="no column that is known to hold times",
    ),
    "no titles": Shape(
        HEADER + PLAIN,
        [(1, "movie+1", 3.5, ROWS[0][3]), (1, "movie+2", 4.0, ROWS[1][3]), (2, "movie+3", 0.5, ROWS[2][3])],
        words=("--movies", "none"),
        without="put movies.csv beside it",
        movies=False,
    ),
    "gzip": Shape(gzip.compress((HEADER + PLAIN).encode(), mtime=0), ROWS, "ratings.csv.gz"),
    "zip": Shape(zipped(HEADER + PLAIN[:38]), ROWS[:2], "set.zip", movies=False),
    "Netflix": Shape(
        "1:\n1488,3,2005-09-06\n2:\n885,4,2005-10-19\n",
        [(885, "netflix+2", 4.0, 1_129_680_000), (1488, "netflix+1", 3.0, 1_125_964_800)],
        "combined_data_1.txt",
        movies=False,
    ),
    "Book-Crossing": Shape(
        '"User-ID";"ISBN";"Book-Rating"\n"7";"034545104X";"0"\n"7";"0155061224";"5"\n"8";"052165615X";"9"\n',
        [(7, "0155061224", 5.0, 946_684_800), (8, "052165615x", 9.0, 946_684_800)],
        words=("--time", "none"),
        without="no column that is known to hold times",
        movies=False,
    ),
    "users as texts": Shape(
        "reviewerID,asin,overall,unixReviewTime\nA3SGXH7AUHU8GW,B001E4KFG0,5.0,1303862400\n"
        "A1D87F6ZCVE5NK,0005019281,2.0,1303862401\n",
        [
            (1_161_060_247, "b001e4kfg0", 5.0, 1_303_862_400),
            (1_436_537_346, "0005019281", 2.0, 1_303_862_401),
        ],
        words=("--users", "map"),
        without="has users that are texts, such as 'A3SGXH7AUHU8GW'",
        movies=False,
    ),
    "times in parts": Shape(
        "userID\tmovieID\trating\tdate_day\tdate_month\tdate_year\tdate_hour\tdate_minute\tdate_second\n"
        "1\t1\t3.5\t2\t4\t2005\t23\t53\t47\n1\t2\t4\t2\t4\t2005\t23\t31\t16\n"
        "2\t3\t0.5\t27\t12\t2009\t23\t34\t15\n",
        ROWS,
        "user_ratedmovies.dat",
    ),
    "a row a user": Shape(
        "74," + ",".join(["-7.82", "8.79", "99"] * 33) + ",99\n" + ("100" + ",4.08" * 100 + "\n") * 2,
        "looks like a matrix, a row for each user and a column for each movie (101 columns of numbers)",
        "jester-data-1.csv",
        movies=False,
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_gives_its_rows_or_the_sentence_that_helps(
    importer: Importer, write: Callable[..., Path], name: str
) -> None:
    shape = SHAPES[name]
    path = write(shape.content, shape.name, movies=shape.movies)
    if shape.without:
        assert importer(path) == 2
        assert shape.without in importer.err
        assert not importer.paths.root.exists()
    status = importer(path, *shape.words)
    if isinstance(shape.rows, str):
        assert status == 2
        assert shape.rows in importer.err
        assert not importer.paths.root.exists()
    else:
        assert (status, importer.err) == (0, "")
        assert importer.rows() == sorted(shape.rows)


def test_the_documentation_lists_these_shapes() -> None:
    text = (PROJECT / "docs" / "ingest.md").read_text("utf-8")
    table = text.partition("| shape |")[2].partition("\n\n")[0].splitlines()[2:]
    assert [row.split("|")[1].strip() for row in table] == list(SHAPES)


def test_zeros_of_book_crossing_are_no_ratings_and_are_counted(
    importer: Importer, write: Callable[..., Path]
) -> None:
    shape = SHAPES["Book-Crossing"]
    importer(write(shape.content, movies=False), *shape.words)
    assert "rejected: 1 (no-rating 1)" in importer.out
    assert importer.scales() == [(1.0, 10.0)]


@pytest.mark.parametrize("name", ["milliseconds", "microseconds", "nanoseconds"])
def test_whole_numbers_say_their_unit(importer: Importer, write: Callable[..., Path], name: str) -> None:
    zeros = {"milliseconds": "000", "microseconds": "000000", "nanoseconds": "000000000"}[name]
    assert importer(write(HEADER + "".join(f"{row}{zeros}\n" for row in PLAIN.splitlines()))) == 0
    assert importer.rows() == sorted(ROWS)
    assert f"times: {name} since 1970, in UTC" in importer.out


def test_titles_of_netflix_name_its_movies(importer: Importer, write: Callable[..., Path]) -> None:
    write("1,2003,Dinosaur Planet\n2,2004,Isle of Man, The\n", "movie_titles.csv", movies=False)
    assert importer(write(SHAPES["Netflix"].content, "combined_data_1.txt", movies=False)) == 0
    assert [row[1] for row in importer.rows()] == ["the+isle+of+man+2004", "dinosaur+planet+2003"]


def test_one_damaged_row_among_the_first_takes_no_table_its_columns(
    importer: Importer, write: Callable[..., Path]
) -> None:
    content = PLAIN.replace(",", "::") + "7::1::bad::1112486027\n"
    assert importer("--allow-rejected", "1", write(content, "ratings.dat")) == 0
    assert importer.rows() == sorted(ROWS)


def test_a_table_with_a_text_over_lines_in_every_row_is_known(
    importer: Importer, write: Callable[..., Path]
) -> None:
    rows = "".join(f'"{user}","1","Nice,\n\n""very"" nice","4","2016-05-0{user}"\n' for user in range(1, 9))
    path = write('"user_id","movie_id","text","stars","date"\n' + rows)
    assert importer(path) == 0
    assert [row[0] for row in importer.rows()] == list(range(1, 9))
