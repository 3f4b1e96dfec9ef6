"""An index: written and opened again, refused in every form of damage, the same for the same catalogue."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.model_format import manifest_bytes, sealed
from search.asked.questions import make_questions
from search.build import BuiltIndex, build
from search.index_files import clusters_of, open_head, open_part, publish, save
from search.index_format import BrokenIndexError, cluster_file
from search.local import open_local
from tests.support.search import QUICK, WordVectors, small_catalogue

EMBEDDING = WordVectors()


@pytest.fixture(scope="module")
def built() -> BuiltIndex:
    return build(small_catalogue(), EMBEDDING, QUICK)


@pytest.fixture(scope="module")
def written(built: BuiltIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "index"
    save(folder, built.head, built.clusters)
    return folder


@pytest.fixture
def index(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "index"))


def change_manifest(index: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest and seal it again, as another version of the code would have written it."""
    path = index / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_bytes(manifest_bytes(sealed(manifest)))


def test_what_is_opened_finds_what_was_built(built: BuiltIndex, index: Path) -> None:
    opened, fresh = open_local(index, EMBEDDING), built.search(EMBEDDING)
    for text in ("golden castle", "1990 comedy", "horror", "gloden castle", "river of gold"):
        assert opened.find(text, 20) == fresh.find(text, 20)


def test_every_movie_is_held_by_one_shard_and_shards_are_balanced(index: Path) -> None:
    head = open_head(index)
    parts = [open_part(index, clusters_of(index, shard)) for shard in range(len(head.shards))]
    rows = np.concatenate([part.rows for part in parts])
    assert sorted(rows.tolist()) == list(range(len(head.ids)))
    sizes = [len(part.rows) for part in parts]
    assert max(sizes) < 2 * min(sizes)


def test_the_same_catalogue_gives_the_same_bytes_and_another_one_another_version(tmp_path: Path) -> None:
    movies = small_catalogue()
    versions = []
    for root, catalogue in (("a", movies), ("b", movies[::-1]), ("c", movies[:-1])):
        made = build(catalogue, EMBEDDING, QUICK)
        versions.append(publish(tmp_path / root, made.head, made.clusters)["version"])
    assert versions[0] == versions[1] != versions[2]
    for path in (tmp_path / "a" / versions[0]).iterdir():
        assert path.read_bytes() == (tmp_path / "b" / versions[0] / path.name).read_bytes()


def test_to_publish_again_changes_nothing(built: BuiltIndex, tmp_path: Path) -> None:
    version = publish(tmp_path, built.head, built.clusters)["version"]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / version).iterdir()}
    assert publish(tmp_path, built.head, built.clusters)["version"] == version
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / version).iterdir()} == times
    assert [path.name for path in tmp_path.iterdir()] == [version]


def test_one_changed_byte_in_any_file_is_refused_by_its_name(index: Path) -> None:
    for path in sorted(index.iterdir()):
        content = path.read_bytes()
        at = len(content) // 2
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(BrokenIndexError, match=path.name.replace(".", r"\.")):
            open_local(index, EMBEDDING)
        path.write_bytes(content)
    open_local(index, EMBEDDING)


def test_an_index_of_another_embedding_is_refused(index: Path) -> None:
    with pytest.raises(BrokenIndexError, match="of the embedding words-32, this service has others-32"):
        open_head(index, "others-32")


def test_an_index_of_another_format_is_refused(index: Path) -> None:
    change_manifest(index, lambda manifest: manifest.update(format=0))
    with pytest.raises(BrokenIndexError, match=r"has format 0, this service reads 2: build it again"):
        open_head(index)


def test_a_model_is_no_index(index: Path) -> None:
    change_manifest(index, lambda manifest: manifest.pop("kind"))
    with pytest.raises(BrokenIndexError, match="is not that of a search index"):
        open_head(index)


def test_a_missing_cluster_is_refused_by_its_shard_and_by_no_other(index: Path) -> None:
    mine, others = clusters_of(index, 0), clusters_of(index, 1)
    (index / cluster_file(mine[0], "vectors")).unlink()
    with pytest.raises(BrokenIndexError, match=r"vectors\.npy cannot be read .*: the index is incomplete"):
        open_part(index, mine)
    assert set(open_part(index, others).spans) == set(others)


def test_a_manifest_that_lists_no_such_cluster_is_refused(index: Path) -> None:
    change_manifest(index, lambda manifest: manifest["files"].pop(cluster_file(0, "movies")))
    with pytest.raises(BrokenIndexError, match="does not list the files of an index"):
        open_head(index)


def test_an_edited_manifest_is_refused(index: Path) -> None:
    path = index / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"seed": 42', b'"seed": 43'))
    with pytest.raises(BrokenIndexError, match="was changed after it was written"):
        open_head(index)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndexError, match="there is no complete index here"):
        open_head(tmp_path)


def test_a_build_without_movies_says_what_to_do() -> None:
    with pytest.raises(BrokenIndexError, match="import or ingest some first"):
        build([], EMBEDDING, QUICK)


def test_questions_are_the_same_for_a_seed() -> None:
    movies = small_catalogue()
    assert make_questions(movies, 3, 5) == make_questions(movies, 3, 5) != make_questions(movies, 4, 5)
