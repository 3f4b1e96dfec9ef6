"""The movie ids of a source stay as they were given."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.catalog import MOVIES, SOURCE_IDS
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.host.locks import BusyError
from auto_deployment.ingest.importing import job
from auto_deployment.ingest.importing.job import Limits, run_import
from auto_deployment.ingest.importing.look import Scales
from auto_deployment.ingest.importing.recognise import recognise
from auto_deployment.ingest.importing.remembered import Remembered, given_ids
from auto_deployment.ingest.importing.source_catalog import SourceCatalog, read_source_catalog
from auto_deployment.ingest.importing.titles import movie_ids, read_title
from auto_deployment.paths import Paths
from tests.support.ingest.rating_files import TIMES_S

Table = dict[str, str]
EMMA = {"3": "Emma (1996)", "1": "Kite Harbour (1995)", "2": "Lantern, The", "4": "Matrix, The (1999)"}


def remember(*imports: Table, kind: str = "movielens", known: frozenset[str] = frozenset()) -> Remembered:
    """Return what is remembered after these movie tables were imported one after the other."""
    remembered = Remembered(known=known)
    for table in imports:
        frame = pd.DataFrame(ids_of(table, remembered, kind).items(), columns=["source_id", "movie_id"])
        titles = {one: read_title(printed) for one, printed in table.items()}
        frame["catalogue"] = given_ids(remembered, kind, titles).catalogue
        merged = pd.concat([remembered.source_ids, frame])
        merged = merged.drop_duplicates(["catalogue", "source_id"], keep="last")
        remembered = Remembered(merged, known | set(merged["movie_id"]))
    return remembered


def ids_of(table: Table, remembered: Remembered, kind: str = "movielens") -> Table:
    titles = {one: read_title(printed) for one, printed in table.items()}
    return movie_ids(titles, given_ids(remembered, kind, titles).ids)


FIRST = {"3": "emma+1996", "1": "kite+harbour+1995", "2": "the+lantern+", "4": "the+matrix+1999"}


@pytest.mark.parametrize(
    "changed",
    [
        {"1": "Kite Harbour (1996)"},
        {"2": "Lantern, The (1999)"},
        {"2": "The Lanterns"},
        {"4": "The Matrix (1999)"},
        {"838": "Emma (1996)"},
        {"838": "Kite Harbour (1995)", "1": "Kite Harbour (1996)"},
    ],
)
def test_ids_stay_under_corrections_and_later_additions(changed: Table) -> None:
    remembered = remember(EMMA)
    later = ids_of(EMMA | changed, remembered)
    assert {one: later[one] for one in EMMA} == FIRST
    assert len(set(later.values())) == len(later)


@settings(max_examples=20, deadline=None)
@given(st.permutations(sorted({**EMMA, "838": "Emma (1996)", "839": "Emma (1996)"}.items())), st.data())
def test_ids_do_not_depend_on_the_order_of_rows_and_a_later_state_keeps_them(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    assert ids_of(dict(rows), Remembered()) == ids_of(dict(sorted(rows)), Remembered())
    earlier = dict(data.draw(st.lists(st.sampled_from(rows), unique=True)))
    given_before = ids_of(earlier, Remembered())
    later = ids_of(dict(rows), remember(earlier))
    assert {one: later[one] for one in earlier} == given_before
    assert len(set(later.values())) == len(later)


def test_numbers_that_mean_other_movies_are_another_catalogue_and_equal_titles_the_same_movie() -> None:
    other = {"1": "Emma (1996)", "2": "Bicycle Summer (2001)", "3": "Kite Harbour (1995)", "4": "Snow (2010)"}
    remembered = remember(EMMA, other)
    assert sorted(set(remembered.source_ids["catalogue"])) == ["movielens", "movielens-2"]
    assert ids_of(other, remembered)["1"] == "emma+1996"
    assert ids_of(other | {"1": "Emma (1997)"}, remembered)["1"] == "emma+1996"
    assert ids_of(EMMA, remembered) == FIRST


def test_another_kind_of_source_has_numbers_of_its_own() -> None:
    remembered = remember(EMMA, kind="movielens_100k")
    assert ids_of({"1": "Kite Harbor (1996)"}, remembered) == {"1": "kite+harbor+1996"}


@pytest.mark.parametrize(
    ("known", "table", "expected"),
    [
        # What the version before gave to one title, one more of which has come since.
        ({"emma+1996"}, {"838": "Emma (1996)", "26958": "Emma (1996)"}, ["emma+1996", "emma+26958+1996"]),
        # What it gave to two, one of which has gone since.
        ({"emma+838+1996", "emma+26958+1996"}, {"838": "Emma (1996)"}, ["emma+838+1996"]),
        (
            {"emma+8+1996", "emma+9+1996"},
            {"8": "Emma (1996)", "9": "Emma (1996)"},
            ["emma+8+1996", "emma+9+1996"],
        ),
    ],
)
def test_data_of_the_version_before_keep_their_ids(
    known: set[str], table: Table, expected: list[str]
) -> None:
    assert list(ids_of(table, Remembered(known=frozenset(known))).values()) == expected


def write(folder: Path, movies: str) -> Path:
    folder.mkdir(exist_ok=True)
    rows = "".join(f"{user},1,{user},{TIMES_S[0]}\n" for user in range(1, 5))
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + rows, "utf-8")
    (folder / "movies.csv").write_text("movieId,title,genres\n" + movies, "utf-8")
    return folder


def imported(paths: Paths, folder: Path) -> job.Imported:
    return run_import(recognise(folder), paths, Limits(Scales(None, (1, 5))))


def test_ids_of_the_version_before_are_remembered_when_its_files_are_imported_again(tmp_path: Path) -> None:
    paths, inbox = Paths(tmp_path / "data"), tmp_path / "inbox"
    imported(paths, write(inbox, "1,Kite Harbour (1995),Drama\n"))
    (paths.catalog / SOURCE_IDS.file_name).unlink()
    assert imported(paths, inbox).already
    assert SOURCE_IDS.read(paths.catalog).to_numpy().tolist() == [["movielens", "1", "kite+harbour+1995"]]
    imported(paths, write(inbox, "1,Kite Harbour (1996),Drama\n"))
    assert MOVIES.read(paths.catalog)["year"].tolist() == [1996]
    assert read_ratings(paths.segments).frame["movie_id"].unique().tolist() == ["kite+harbour+1995"]


def test_ids_that_another_import_gives_meanwhile_stop_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths(tmp_path / "data")
    read = read_source_catalog

    def read_and_be_overtaken(*args: Any) -> SourceCatalog:
        found = read(*args)
        monkeypatch.setattr(job, "read_source_catalog", read)
        imported(paths, write(tmp_path / "other", "1,Emma (1996),Drama\n"))
        return found

    monkeypatch.setattr(job, "read_source_catalog", read_and_be_overtaken)
    with pytest.raises(BusyError, match="import again"):
        imported(paths, write(tmp_path / "inbox", "1,Kite Harbour (1995),Drama\n"))
    assert SOURCE_IDS.read(paths.catalog)["movie_id"].tolist() == ["emma+1996"]
    assert MOVIES.read(paths.catalog)["movie_id"].tolist() == ["emma+1996"]
