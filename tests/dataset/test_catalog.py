import os
from pathlib import Path

import pandas as pd
import pytest

from auto_deployment.dataset.catalog import MOVIES, USERS, CatalogError, known_movies, repair

Movie = tuple[str, str, list[str], int | None, int | None]


def movies(*rows: Movie) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["movie_id", "title", "genres", "year", "runtime_min"])


HEAT: Movie = ("heat+1995", "Heat", ["Crime", "Drama"], 1995, 170)
ALIEN: Movie = ("alien+1979", "Alien", [], 1979, None)


def test_without_a_catalogue_the_tables_are_empty_but_typed(tmp_path: Path) -> None:
    assert {str(name): str(kind) for name, kind in MOVIES.read(tmp_path / "absent").dtypes.items()} == {
        "movie_id": "str",
        "title": "str",
        "genres": "object",
        "year": "Int32",
        "runtime_min": "Int32",
    }
    assert {str(name): str(kind) for name, kind in USERS.read(tmp_path / "absent").dtypes.items()} == {
        "user_id": "int64",
        "age": "Int32",
        "gender": "str",
        "occupation": "str",
    }
    assert known_movies(tmp_path / "absent") == frozenset()


def test_movies_come_back_sorted_with_what_is_not_known_left_open(tmp_path: Path) -> None:
    MOVIES.write(tmp_path, movies(HEAT, ALIEN))
    frame = MOVIES.read(tmp_path)
    assert frame["movie_id"].tolist() == ["alien+1979", "heat+1995"]
    assert [list(genres) for genres in frame["genres"]] == [[], ["Crime", "Drama"]]
    assert frame["runtime_min"].isna().tolist() == [True, False]
    assert known_movies(tmp_path) == {"heat+1995", "alien+1979"}


def test_the_last_writer_of_an_id_wins_and_the_others_stay(tmp_path: Path) -> None:
    MOVIES.write(tmp_path, movies(HEAT, ALIEN))
    MOVIES.write(tmp_path, movies(("heat+1995", "Heat!", ["Crime"], 1995, 171)))
    assert MOVIES.read(tmp_path)["title"].tolist() == ["Alien", "Heat!"]


def test_users_merge_likewise(tmp_path: Path) -> None:
    columns = ["user_id", "age", "gender", "occupation"]
    USERS.write(tmp_path, pd.DataFrame([(7, 30, "F", None), (2, None, None, None)], columns=columns))
    USERS.write(tmp_path, pd.DataFrame([(7, 31, "F", "writer")], columns=columns))
    frame = USERS.read(tmp_path)
    assert frame["user_id"].tolist() == [2, 7]
    assert frame["age"].tolist() == [pd.NA, 31]
    assert frame["occupation"].fillna("?").tolist() == ["?", "writer"]


def test_a_staged_merge_shows_nothing_until_it_is_published(tmp_path: Path) -> None:
    with MOVIES.stage(tmp_path, movies(HEAT)):
        assert known_movies(tmp_path) == frozenset()
    assert os.listdir(tmp_path) == []


def test_a_failed_merge_keeps_what_was_there(tmp_path: Path) -> None:
    MOVIES.write(tmp_path, movies(HEAT))
    with pytest.raises(KeyError):
        MOVIES.write(tmp_path, movies(ALIEN).drop(columns="title"))
    assert known_movies(tmp_path) == {"heat+1995"}
    assert os.listdir(tmp_path) == ["movies.parquet"]


def test_a_damaged_catalogue_is_named(tmp_path: Path) -> None:
    MOVIES.write(tmp_path, movies(HEAT))
    path = tmp_path / "movies.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CatalogError, match=r"movies\.parquet"):
        MOVIES.read(tmp_path)


KNOWN = {"star+trek+2009", "dark+city+1998", "it+1990", "i+1990", "t+1990"}


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("sOtar+trek+2009", "star+trek+2009"),
        ("d ark+city+1998", "dark+city+1998"),
        (" dark+city+1998", "dark+city+1998"),
        ("dark+city+1998l", "dark+city+1998"),
        ("darkk+city+1998", "dark+city+1998"),
        ("dark+city+19998", "dark+city+1998"),
        ("star+trek+2009", None),  # known as it is: there is nothing to remove
        ("dark+city+199", None),  # a character is missing, not stray
        ("sOtar+trekk+2009", None),  # two are stray
        ("it+1990", None),  # `i` and `t` are both possible
        ("", None),
    ],
)
def test_one_stray_character_is_removed_only_if_exactly_one_known_id_results(
    damaged: str, expected: str | None
) -> None:
    assert repair(damaged, KNOWN) == expected
