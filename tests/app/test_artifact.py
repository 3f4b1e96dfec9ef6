"""The files of a model: what is saved is what is loaded, and nothing else is accepted."""

import json
import re
import shutil
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.artifact import ArtifactError, load, read_manifest, save
from app.model_format import (
    ARRAYS,
    FORMAT_1,
    MANIFEST,
    MOVIES,
    SINCE_2,
    check_item_part,
    content_hash,
    describe_file,
    manifest_bytes,
    sealed,
)
from app.recommender import Recommender
from tests.support.models import Size, make_arrays, make_details, make_movies, write_model

BROKEN_ITEM_PART = [
    ("item_indptr", lambda array: array + 1, "item_indptr must rise from 0"),
    ("item_indptr", lambda array: array - np.arange(len(array)), "item_indptr must rise"),
    ("item_indptr", lambda array: array[:-1], r"item_indptr\.npy .* does not fit"),
    ("item_neighbours", lambda array: array[:-1], r"item_weights\.npy .* does not fit"),
    ("item_neighbours", lambda array: array - 1, r"item_neighbours .* outside 0\.\.199"),
    ("item_neighbours", lambda array: array + 1, r"item_neighbours .* outside 0\.\.199"),
    ("item_neighbours", lambda array: array // 2, "item_neighbours must rise within each row"),
    ("item_neighbours", lambda array: array[::-1], "item_neighbours must rise within each row"),
    (
        "item_weights",
        lambda array: np.where(np.arange(len(array)) == 7, np.nan, array),
        "item_weights .*finite",
    ),
    ("item_popular_score", lambda array: array * np.inf, "item_popular_score .*finite"),
]
FILES = [*(f"{name}.npy" for name in ARRAYS), MOVIES, MANIFEST]


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_dir, tmp_path / "model")


def rewrite_manifest(folder: Path, **changes: Any) -> None:
    """Change a manifest as its writer would, seal included."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(manifest_bytes(sealed({**manifest, **changes})))


def as_format_1(folder: Path) -> None:
    """Make of a model without an item part what the version before would have written."""
    for name in SINCE_2:
        (folder / f"{name}.npy").unlink()
    names = {f"{name}.npy" for name in FORMAT_1} | {MOVIES}
    files = {name: one for name, one in read_manifest(folder)["files"].items() if name in names}
    rewrite_manifest(folder, format=1, files=files, content_hash=content_hash(files))


def flip_byte(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    size = Size(neighbours=5)
    arrays, movies, details = make_arrays(size), make_movies(size), make_details(size, "v1")
    manifest = save(tmp_path / "v1", arrays, movies, details)
    model = load(tmp_path / "v1")
    assert model.manifest == manifest == read_manifest(tmp_path / "v1")
    assert model.version == "v1"
    assert model.movies == movies
    for name, (dtype, _) in ARRAYS.items():
        assert model.arrays[name].dtype == np.dtype(dtype)
        np.testing.assert_array_equal(model.arrays[name], arrays[name])


def test_loaded_arrays_are_mapped_and_read_only(item_model_dir: Path) -> None:
    arrays = load(item_model_dir).arrays
    assert all(isinstance(array.base, mmap) for array in arrays.values())
    with pytest.raises(ValueError, match="read-only"):
        arrays["user_factors"][0, 0] = 1.0


def test_equal_content_has_one_hash_whatever_the_version(tmp_path: Path) -> None:
    size = Size()
    for version in ("v1", "v2"):
        save(tmp_path / version, make_arrays(size), make_movies(size), make_details(size, version))
    assert load(tmp_path / "v1").content_hash == load(tmp_path / "v2").content_hash


def test_a_model_may_have_no_stored_list_and_nothing_seen(tmp_path: Path) -> None:
    model = write_model(tmp_path / "v1", Size(stored=0, seen_per_user=0, min_events=0))
    assert model.arrays["top_items"].shape == (0, 100)
    assert len(Recommender(model).recommend(1).rows) == 20


@pytest.mark.parametrize(
    ("array", "message"),
    [(np.arange(50, dtype="<f8"), "type float64 instead of <f4"), (np.array([{}]), "type object instead")],
)
def test_an_array_of_another_type_is_refused(copy: Path, array: Any, message: str) -> None:
    np.save(copy / "user_bias.npy", array, allow_pickle=True)
    files = {**read_manifest(copy)["files"], "user_bias.npy": describe_file(copy / "user_bias.npy")}
    rewrite_manifest(copy, files=files, content_hash=content_hash(files))
    with pytest.raises(ArtifactError, match=rf"user_bias\.npy .*({message})"):
        load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_refused_with_the_name_of_the_file(copy: Path, name: str) -> None:
    path = copy / name
    for position in (0, path.stat().st_size // 2, path.stat().st_size - 1):
        flip_byte(path, position)
        with pytest.raises(ArtifactError, match=rf"/{name} .*\.$"):
            load(copy)
        flip_byte(path, position)
    load(copy)


def test_no_byte_of_a_manifest_can_be_flipped_unnoticed(copy: Path) -> None:
    path = copy / MANIFEST
    for position in range(path.stat().st_size):
        flip_byte(path, position)
        with pytest.raises(ArtifactError, match=MANIFEST):
            read_manifest(copy)
        flip_byte(path, position)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_with_its_name(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=rf"/{name} cannot be read"):
        load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused_with_its_name(copy: Path, name: str) -> None:
    path = copy / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=rf"/{name} "):
        load(copy)


@pytest.mark.parametrize("found", [0, 3, "1", None, []])
def test_a_manifest_of_another_format_is_refused(copy: Path, found: object) -> None:
    rewrite_manifest(copy, format=found)
    with pytest.raises(
        ArtifactError, match=re.escape(f"{MANIFEST} has format {found!r}, this service reads")
    ):
        load(copy)


@pytest.mark.parametrize(("name", "change", "message"), BROKEN_ITEM_PART)
def test_a_broken_item_part_is_refused_by_name_though_its_writer_sealed_it(
    tmp_path: Path, name: str, change: Any, message: str
) -> None:
    folder, size = tmp_path / "v1", Size(neighbours=5)
    save(folder, make_arrays(size), make_movies(size), make_details(size, "v1"))
    path = folder / f"{name}.npy"
    np.save(path, change(np.load(path)).astype(ARRAYS[name][0]))
    files = {**read_manifest(folder)["files"], path.name: describe_file(path)}
    rewrite_manifest(folder, files=files, content_hash=content_hash(files))
    with pytest.raises(ArtifactError, match=message):
        load(folder)


@given(rows=st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=5, max_size=5))
@example(rows=[[], [0, 1], [], [0, 4], []])
@example(rows=[[], [], [1, 1], [], [2]])
def test_item_neighbours_are_taken_exactly_where_each_row_rises(rows: list[list[int]]) -> None:
    flat = np.array([one for row in rows for one in row], dtype="i4")
    arrays = {
        "item_indptr": np.cumsum([0, *map(len, rows)]),
        "item_neighbours": flat,
        "item_weights": np.ones(len(flat), dtype="f4"),
        "item_popular_score": np.zeros(5, dtype="f4"),
    }
    if all(row == sorted(set(row)) for row in rows):
        check_item_part(arrays)
    else:
        with pytest.raises(ArtifactError, match="item_neighbours must rise within each row"):
            check_item_part(arrays)


def test_a_model_of_format_1_is_read_as_one_without_an_item_part(copy: Path) -> None:
    before = load(copy)
    as_format_1(copy)
    model = load(copy)
    assert model.manifest["format"] == 1
    for name, array in before.arrays.items():
        np.testing.assert_array_equal(model.arrays[name], array)
    assert model.arrays["seen_strength"].strides == (0,), "zeros for millions of events would take memory"
    users = [1, 31, 10, 99]
    assert [Recommender(model).recommend(user) for user in users] == [
        Recommender(before).recommend(user) for user in users
    ]


@pytest.mark.parametrize("name", [f"{name}.npy" for name in FORMAT_1])
def test_a_damaged_model_of_format_1_is_refused_as_before(copy: Path, name: str) -> None:
    as_format_1(copy)
    flip_byte(copy / name, -1)
    with pytest.raises(ArtifactError, match=rf"/{name} does not have the SHA-256"):
        load(copy)


def test_a_model_of_format_1_has_no_file_of_format_2(copy: Path) -> None:
    rewrite_manifest(copy, format=1)
    with pytest.raises(ArtifactError, match="does not list the files of a model"):
        load(copy)


@pytest.mark.parametrize("content", [b"[]", b"1", b"{}", b'{"format": 1}', b"\xff", b"", b"[" * 100_000])
def test_a_foreign_manifest_is_refused(copy: Path, content: bytes) -> None:
    (copy / MANIFEST).write_bytes(content)
    with pytest.raises(ArtifactError, match=MANIFEST):
        load(copy)


def test_a_manifest_that_names_other_files_is_refused(copy: Path) -> None:
    files = dict(read_manifest(copy)["files"])
    rewrite_manifest(copy, files={**files, "../../etc/passwd": files[MOVIES]})
    with pytest.raises(ArtifactError, match="does not list the files of a model"):
        load(copy)


def test_files_of_two_models_are_not_mixed(copy: Path, tmp_path: Path) -> None:
    size = Size()
    save(tmp_path / "other", make_arrays(size, seed=2), make_movies(size), make_details(size, "other"))
    shutil.copy(tmp_path / "other" / "item_factors.npy", copy)
    with pytest.raises(ArtifactError, match=r"item_factors\.npy does not have the SHA-256"):
        load(copy)


def test_a_published_model_is_never_overwritten(copy: Path) -> None:
    size = Size()
    with pytest.raises(ArtifactError, match="exists already"):
        save(copy, make_arrays(size), make_movies(size), make_details(size, "v1"))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("user_bias", lambda array: array[:-1], "does not fit"),
        ("user_bias", lambda array: array[:, None], "dimensions"),
        ("user_bias", lambda array: array * np.nan, "not finite"),
        ("seen_items", lambda array: array + 10_000, "outside"),
        ("top_items", lambda array: array - 2, "outside"),
        ("user_ids", lambda array: array[::-1], "ascending"),
        ("seen_strength", lambda array: array[:-1], "does not fit"),
        ("seen_strength", lambda array: array * np.inf, "not finite"),
        ("user_item", lambda array: array[:-1], "does not fit"),
        ("user_popular", lambda array: array * np.nan, "not finite"),
        *BROKEN_ITEM_PART,
    ],
)
def test_arrays_that_do_not_fit_together_are_not_written(
    tmp_path: Path, name: str, change: Any, message: str
) -> None:
    size = Size(neighbours=5)
    arrays = make_arrays(size)
    arrays[name] = change(arrays[name])
    with pytest.raises(ArtifactError, match=message):
        save(tmp_path / "v1", arrays, make_movies(size), make_details(size, "v1"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "a\r\nb"}, "version"),
        ({"version": ""}, "version"),
        ({"scalars": {"min_events": 5}}, "rank_factors"),
        ({"scalars": {"min_events": 5, "rank_factors": 99, "global_mean": 3.5}}, "larger"),
        ({"metrics": {"rmse": float("nan")}}, "JSON"),
        ({"metrics": {"when": object()}}, "JSON"),
    ],
)
def test_details_that_cannot_be_served_are_not_written(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    size = Size()
    with pytest.raises(ArtifactError, match=message):
        save(tmp_path / "v1", make_arrays(size), make_movies(size), {**make_details(size, "v1"), **change})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("movie", ["a,b", "a b", "a\nb", "", "film+1+1951"])
def test_movie_ids_that_would_break_a_line_are_not_written(tmp_path: Path, movie: str) -> None:
    size = Size()
    movies = make_movies(size)
    movies = type(movies)([movie, *movies.ids[1:]], movies.titles, movies.genres)
    with pytest.raises(ArtifactError, match="movie id"):
        save(tmp_path / "v1", make_arrays(size), movies, make_details(size, "v1"))


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = Size()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.artifact.sync", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path / "v1", make_arrays(size), make_movies(size), make_details(size, "v1"))
    assert list(tmp_path.iterdir()) == []
