"""Write and open the files of a model; what they are is said in `app.model_format`."""

import json
import mmap
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.model_format import (
    ARRAYS,
    FORMAT,
    MANIFEST,
    MOVIES,
    ORDER,
    READABLE,
    ArtifactError,
    Model,
    Movies,
    check_details,
    check_indices,
    check_item_part,
    check_movies,
    check_shapes,
    content_hash,
    describe_file,
    manifest_bytes,
    sealed,
    sync,
    without_item_part,
)

__all__ = [
    "ArtifactError",
    "Model",
    "Movies",
    "UnknownGenreError",
    "UnknownMovieError",
    "load",
    "read_manifest",
    "save",
]


class UnknownMovieError(LookupError):
    """The model has no such movie."""


class UnknownGenreError(LookupError):
    """The model has no such genre."""


def save(
    folder: Path, arrays: Mapping[str, npt.NDArray[Any]], movies: Movies, details: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Write a model folder in one step and return its manifest; it appears whole or not at all.

    `details` needs `version`, `scalars` (`min_events`, `rank_factors`, `global_mean`) and whatever else
    tells where the model comes from (`data.hash`, `code_revision`, `metrics`, `created_at`, ...), as JSON.
    Raises `ArtifactError` when the folder is there already or the parts do not fit together.
    """
    if folder.exists():
        raise ArtifactError(
            f"{folder} exists already: a published model never changes, choose another version."
        )
    check_shapes(arrays, movies)
    check_indices(arrays)
    check_movies(movies)
    plain = check_details(details, arrays)
    temporary = folder.with_name(f".{folder.name}.new")  # one writer at a time: training holds a lock
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        manifest = _write_files(temporary, arrays, movies, plain)
        for path in [*temporary.iterdir(), temporary]:
            sync(path)
        temporary.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return manifest


def load(folder: Path) -> Model:
    """Open a model memory-mapped after checking each file; raise `ArtifactError` naming the wrong one."""
    folder = folder.resolve()  # a link that is swapped while loading must not mix two models
    manifest = read_manifest(folder)
    for name, expected in manifest["files"].items():
        _check_file(folder / name, expected)
    written = READABLE[manifest["format"]]
    arrays = {name: _open_array(folder / f"{name}.npy", dtype) for name, (dtype, _) in written.items()}
    arrays = {**without_item_part(arrays), **arrays}
    words = _parse(folder / MOVIES, _read(folder / MOVIES))
    try:
        movies = Movies(words["ids"], words["titles"], words["genres"])
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{folder / MOVIES} lacks {error}: train the model again.") from error
    check_shapes(arrays, movies)
    check_item_part(arrays)
    return Model(manifest, arrays, movies)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check `manifest.json`; raise `ArtifactError` when it is missing, damaged or foreign."""
    path = folder / MANIFEST
    content = _read(path)
    manifest = _parse(path, content)
    if not isinstance(manifest, dict) or manifest.get("format") not in list(READABLE):
        found = manifest.get("format") if isinstance(manifest, dict) else None
        readable = " and ".join(map(str, READABLE))
        raise ArtifactError(
            f"{path} has format {found!r}, this service reads the formats {readable}: train the model again."
        )
    # Comparing bytes as well finds a change that the JSON reader does not see, in white space for example.
    if sealed(manifest) != manifest or manifest_bytes(manifest) != content:
        raise ArtifactError(f"{path} was changed after it was written: the file is damaged.")
    files = manifest["files"]
    if set(files) != {f"{name}.npy" for name in READABLE[manifest["format"]]} | {MOVIES}:
        raise ArtifactError(f"{path} does not list the files of a model: train the model again.")
    return manifest


def _write_files(
    folder: Path, arrays: Mapping[str, npt.NDArray[Any]], movies: Movies, details: Mapping[str, Any]
) -> dict[str, Any]:
    for name, (dtype, _) in ARRAYS.items():
        with (folder / f"{name}.npy").open("wb") as file:
            array = np.asarray(arrays[name], dtype=dtype, order=ORDER.get(name, "C"))
            np.save(file, array, allow_pickle=False)
    words = {"ids": movies.ids, "titles": movies.titles, "genres": movies.genres}
    (folder / MOVIES).write_text(json.dumps(words, ensure_ascii=False) + "\n", "utf-8")
    files = {path.name: describe_file(path) for path in sorted(folder.iterdir())}
    manifest = sealed({"format": FORMAT, **details, "content_hash": content_hash(files), "files": files})
    (folder / MANIFEST).write_bytes(manifest_bytes(manifest))
    return manifest


def _check_file(path: Path, expected: Mapping[str, Any]) -> None:
    try:
        found = describe_file(path)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read ({error.strerror}): the model is incomplete.") from error
    if found["bytes"] != expected["bytes"]:
        raise ArtifactError(
            f"{path} has {found['bytes']} bytes instead of {expected['bytes']}: the file is damaged."
        )
    if found["sha256"] != expected["sha256"]:
        raise ArtifactError(f"{path} does not have the SHA-256 of its manifest: the file is damaged.")


def _open_array(path: Path, dtype: str) -> npt.NDArray[Any]:
    with path.open("rb") as file:
        try:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("another version of the array format")
            shape, by_columns, found = np.lib.format.read_array_header_1_0(file)
            if found != np.dtype(dtype):
                raise ValueError(f"the type {found} instead of {dtype}")
            # Populated at once: with that the pages count as shared by all who have the model open, as they
            # are, and no request waits for one. (`np.load` can map, but not this.)
            flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
            mapped = mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ)
            return np.ndarray(shape, found, mapped, file.tell(), order="F" if by_columns else "C")
        except (ValueError, TypeError) as error:
            raise ArtifactError(f"{path} is not the array it should be ({error}): train it again.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{path} cannot be read ({error.strerror}): there is no complete model here."
        ) from error


def _parse(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not JSON: the file is damaged.") from error
