"""The stage `index` and the commands of `search`, with the embedding that is shipped."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.paths import Paths
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.index import stage
from auto_deployment.training.index.movies import as_movies
from auto_deployment.training.index.params import SearchParams
from auto_deployment.training.workspace import Workspace
from search.embedding import open_embedding
from search.fusion import Kind
from search.index_files import read_manifest
from search.local import open_local
from search.movies import Movie
from tests.support.project import PARAMS_FILE
from tests.support.search import small_catalogue

QUICK = SearchParams(questions=5, passes=2)


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "movie_id": [one.id for one in small_catalogue(60)],
            "title": [f"{one.title} ({one.year})" for one in small_catalogue(60)],
            "genres": [list(one.genres) for one in small_catalogue(60)],
            "year": pd.array([one.year for one in small_catalogue(60)], "Int32"),
            "runtime_min": pd.array([None] * 60, "Int32"),
        }
    )


@pytest.fixture
def data(table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    MOVIES.write(Paths(tmp_path).catalog, table)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PARAMS_FILE", str(PARAMS_FILE))
    return tmp_path


def prepared(folder: Path, table: pd.DataFrame, *seen: str) -> Workspace:
    """Return a workspace whose events are about the movies of a catalogue, and about others."""
    workspace = Workspace(folder)
    workspace.prepared.mkdir()
    table.to_parquet(workspace.prepared / "movies.parquet")
    events = pd.DataFrame({"movie_id": pd.Categorical([*table["movie_id"], *seen])})
    for part in ("train", "test"):
        events.to_parquet(workspace.prepared / f"{part}.parquet")
    return workspace


@pytest.mark.parametrize("movies", [0, 60])
def test_movies_that_only_events_name_are_found_by_their_ids(
    table: pd.DataFrame, tmp_path: Path, movies: int
) -> None:
    workspace = prepared(tmp_path, table.head(movies), "toy+story+1995", "heat+1995")
    stage.run(workspace, QUICK)
    search = open_local(workspace.index, open_embedding())
    assert len(search.head.ids) == movies + 2
    assert search.head.ids[search.find("toy stroy", 1)[0].row] == "toy+story+1995"


def test_the_stage_writes_an_index_of_what_was_prepared_and_the_same_one_again(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    workspace = prepared(tmp_path, table)
    assert stage.run(workspace, QUICK) == stage.run(workspace, QUICK)
    assert read_manifest(workspace.index)["catalogue"]["movies"] == 60


def test_the_stage_without_what_it_needs_names_the_stage_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="run the stage prepare again"):
        stage.run(Workspace(tmp_path), QUICK)


def test_an_index_that_finds_too_little_is_not_written_and_the_one_of_before_stays(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = prepared(tmp_path, table)
    stage.run(workspace, QUICK)
    before = read_manifest(workspace.index)
    poor = ({Kind.TITLE: 0, Kind.FACTS: 1, Kind.WORDS: 1}, {Kind.FACTS: 0.99, Kind.WORDS: 0.9})
    monkeypatch.setattr("search.build.choose_probed", lambda *_: poor)
    with pytest.raises(TrainingError, match=r"90\.0% of the nearest movies for words, .*recall_min is 95%"):
        stage.run(workspace, QUICK)
    assert read_manifest(workspace.index) == before


def test_where_search_is_switched_off_the_stage_leaves_no_index(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    stage.run(workspace, replace(QUICK, enabled=False))
    assert [path.name for path in workspace.index.iterdir()] == ["none"]


def test_a_year_at_the_end_of_a_title_is_the_movies_and_a_movie_without_a_title_has_its_id(
    table: pd.DataFrame,
) -> None:
    table["title"] = ["Blade Runner (2049)", None, *table["title"][2:]]
    table["year"] = pd.array([1982, None, *table["year"][2:]], "Int32")
    table["genres"] = [None, None, *table["genres"][2:]]
    table["movie_id"] = ["blade", "toy+story+1995", *table["movie_id"][2:]]
    movies = as_movies(table)
    assert movies[0] == Movie("blade", "Blade Runner (2049)", 1982)
    assert movies[1] == Movie("toy+story+1995", "toy story 1995")
    assert movies[2] == small_catalogue(60)[2]


def test_build_and_try_find_a_misspelt_title(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "build"]) == 0
    current = Paths(data).current_index.resolve()
    assert main(["search", "build"]) == 0
    assert Paths(data).current_index.resolve() == current
    capsys.readouterr()
    assert main(["search", "try", "gloden", "garden", "-n", "3"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert "Golden Garden" in first
    assert len(others) == 2


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["try", "river"], 1, "run `marquee search build`"),
        (["try", "river", "-n", "0"], 2, "at least one movie"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    data: Path, words: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", *words]) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


def test_quality_writes_its_table_into_a_document(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = data / "search.md"
    document.write_text("before\n<!-- quality: begin -->\n<!-- quality: end -->\nafter\n")
    assert main(["search", "build"]) == 0
    assert main(["search", "quality", "--questions", "3", "--write", str(document)]) == 0
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| one slip in the title | 3 |" in text


def test_quality_refuses_an_index_of_another_catalogue(
    data: Path, table: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "build"]) == 0
    MOVIES.write(Paths(data).catalog, table.head(1).assign(title="Another"))
    assert main(["search", "quality"]) == 2
    assert "The catalogue has changed since the index was built" in capsys.readouterr().err


def test_an_image_gets_the_published_index_as_it_is_or_else_one_of_the_demos_catalogue(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = yaml.safe_load(PARAMS_FILE.read_text("utf-8"))
    params["simulate"] |= {"users": 50, "movies": 120}
    (data / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    monkeypatch.setenv("PARAMS_FILE", str(data / "params.yaml"))
    demo, again = data / "demo", data / "again"
    assert main(["search", "bake", f"--published={data / 'nothing'}", f"--out={demo}"]) == 0
    version = read_manifest(demo / "current")["version"]
    assert read_manifest(demo / "current")["catalogue"]["movies"] > 100
    assert main(["search", "bake", f"--published={demo / version}", f"--out={again}"]) == 0
    assert (again / "current").resolve().name == version
    (demo / version / "centroids.npy").write_bytes(b"")
    assert main(["search", "bake", f"--published={demo / version}", f"--out={data / 'third'}"]) == 1
