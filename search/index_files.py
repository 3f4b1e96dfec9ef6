"""Write and open the files of an index; what they are is said in `search.index_format`."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.model_format import MANIFEST, content_hash, describe_file, manifest_bytes, sealed, sync
from search.index_format import (
    CLUSTER,
    FORMAT,
    HEAD,
    KIND,
    MOVIES,
    SHARDS,
    Arrays,
    BrokenIndexError,
    Head,
    check_cluster,
    check_head,
    cluster_file,
    files_of_clusters,
    files_of_head,
)
from search.part import Part


def save(folder: Path, head: Head, clusters: Mapping[int, Arrays]) -> Mapping[str, Any]:
    """Write an index in one step and return its manifest: it appears whole or not at all.

    `head.manifest` has whatever tells where the index comes from. The version is made of the content: equal
    indexes have one version, at any time.
    """
    if folder.exists():
        raise BrokenIndexError(f"{folder} exists already: an index never changes, choose another folder.")
    check_head(head)
    temporary = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        manifest = _write_files(temporary, head, clusters)
        for path in [*temporary.iterdir(), temporary]:
            sync(path)
        temporary.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return manifest


def publish(root: Path, head: Head, clusters: Mapping[int, Arrays]) -> Mapping[str, Any]:
    """Write an index into a folder named like its version; one that is there already stays as it is."""
    made = root / "made"
    shutil.rmtree(made, ignore_errors=True)  # of who was killed between two renames
    manifest = save(made, head, clusters)
    if (root / manifest["version"]).exists():
        shutil.rmtree(made)
    else:
        made.rename(root / manifest["version"])
        sync(root)
    return manifest


def _write_files(folder: Path, head: Head, clusters: Mapping[int, Arrays]) -> dict[str, Any]:
    for name, (dtype, _) in HEAD.items():
        _save_array(folder / f"{name}.npy", head.arrays[name], dtype)
    for cluster, arrays in clusters.items():
        for name, (dtype, _) in CLUSTER.items():
            _save_array(folder / cluster_file(cluster, name), arrays[name], dtype)
    words = {"ids": head.ids, "titles": head.titles, "genres": head.genres}
    (folder / MOVIES).write_text(json.dumps(words, ensure_ascii=False) + "\n", "utf-8")
    (folder / SHARDS).write_text(json.dumps({"shards": head.shards}) + "\n", "utf-8")
    files = {path.name: describe_file(path) for path in sorted(folder.iterdir())}
    details = {**head.manifest, "content_hash": content_hash(files)}
    version = f"index-{sealed(details)['seal'][:12]}"
    manifest = sealed({"kind": KIND, "format": FORMAT, "version": version, **details, "files": files})
    (folder / MANIFEST).write_bytes(manifest_bytes(manifest))
    return manifest


def _save_array(path: Path, array: npt.NDArray[Any], dtype: str) -> None:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array, dtype), allow_pickle=False)


def read_manifest(folder: Path, embedding: str | None = None) -> dict[str, Any]:
    """Read and check `manifest.json`; raise `BrokenIndexError` when it is missing, damaged or foreign.

    `embedding` is the name of the one that questions are asked with, where they are: another one is foreign.
    """
    path = folder / MANIFEST
    content = _read(path)
    manifest = _parse(path, content)
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise BrokenIndexError(f"{path} is not that of a search index: build the index again.")
    if manifest.get("format") != FORMAT:
        raise BrokenIndexError(
            f"{path} has format {manifest.get('format')!r}, this service reads {FORMAT}: build it again."
        )
    # Comparing bytes as well finds a change that the JSON reader does not see, in white space for example.
    if sealed(manifest) != manifest or manifest_bytes(manifest) != content:
        raise BrokenIndexError(f"{path} was changed after it was written: the file is damaged.")
    files = manifest["files"]
    if set(files) != files_of_head() | files_of_clusters(range(manifest["clusters"]["count"])):
        raise BrokenIndexError(f"{path} does not list the files of an index: build the index again.")
    if embedding is not None and manifest["embedding"]["name"] != embedding:
        raise BrokenIndexError(
            f"{path} is of the embedding {manifest['embedding']['name']}, this service has {embedding}: "
            "build the index again with this version."
        )
    return manifest


def open_head(folder: Path, embedding: str | None = None) -> Head:
    """Open what a gateway needs after checking each of these files; raise `BrokenIndexError`."""
    folder = folder.resolve()  # a link that is moved meanwhile must not mix two indexes
    manifest = read_manifest(folder, embedding)
    _check_files(folder, manifest, files_of_head())
    arrays = {name: _open_array(folder / f"{name}.npy", *kind) for name, kind in HEAD.items()}
    words, shards = (_parse(folder / name, _read(folder / name)) for name in (MOVIES, SHARDS))
    try:
        head = Head(manifest, arrays, words["ids"], words["titles"], words["genres"], shards["shards"])
        check_head(head)
        head.make_ready()
    except (KeyError, TypeError) as error:
        raise BrokenIndexError(
            f"{folder / MOVIES} or {SHARDS} lacks {error}: build the index again."
        ) from error
    return head


def open_part(folder: Path, clusters: Iterable[int]) -> Part:
    """Open the vectors of some clusters after checking their files; raise `BrokenIndexError`."""
    folder = folder.resolve()
    manifest = read_manifest(folder)
    wanted = sorted(set(clusters))
    if unknown := [one for one in wanted if not 0 <= one < manifest["clusters"]["count"]]:
        raise BrokenIndexError(f"{folder} has no cluster {unknown[0]}: ask for those that {SHARDS} names.")
    _check_files(folder, manifest, files_of_clusters(wanted))
    opened = [
        {name: _open_array(folder / cluster_file(one, name), *kind) for name, kind in CLUSTER.items()}
        for one in wanted
    ]
    dimensions, movies = manifest["embedding"]["dimensions"], manifest["catalogue"]["movies"]
    for cluster, arrays in zip(wanted, opened, strict=True):
        check_cluster(cluster, arrays, movies, dimensions)
    return joined(dict(zip(wanted, opened, strict=True)), dimensions).make_ready()


def clusters_of(folder: Path, shard: int) -> list[int]:
    """Return which clusters an index gives to a shard, the first being 0; raise `BrokenIndexError`."""
    _check_files(folder, read_manifest(folder), {SHARDS})
    shards = _parse(folder / SHARDS, _read(folder / SHARDS))["shards"]
    if not 0 <= shard < len(shards):
        raise BrokenIndexError(f"{folder} is for {len(shards)} shards, and has none with the number {shard}.")
    return list(shards[shard])


def joined(clusters: Mapping[int, Arrays], dimensions: int) -> Part:
    """Return clusters as one part, each in one piece."""
    ends = np.cumsum([0, *(len(arrays["movies"]) for arrays in clusters.values())])
    spans = {one: slice(int(ends[place]), int(ends[place + 1])) for place, one in enumerate(clusters)}
    movies = np.concatenate([np.zeros((0, 2), np.int32), *(one["movies"] for one in clusters.values())])
    vectors = np.concatenate(
        [np.zeros((0, dimensions), np.float32), *(one["vectors"] for one in clusters.values())]
    )
    return Part(spans, vectors, movies[:, 0].copy(), movies[:, 1].copy())


def _check_files(folder: Path, manifest: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in sorted(names):
        path, expected = folder / name, manifest["files"][name]
        try:
            found = describe_file(path)
        except OSError as error:
            raise BrokenIndexError(
                f"{path} cannot be read ({error.strerror}): the index is incomplete."
            ) from error
        if found != expected:
            raise BrokenIndexError(
                f"{path} does not have the size and SHA-256 of its manifest: the file is damaged."
            )


def _open_array(path: Path, dtype: str, dimensions: int) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BrokenIndexError(
            f"{path} is not the array it should be ({error}): build the index again."
        ) from error
    if array.dtype != np.dtype(dtype) or array.ndim != dimensions:
        raise BrokenIndexError(f"{path} is not the array it should be: build the index again.")
    return array


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BrokenIndexError(
            f"{path} cannot be read ({error.strerror}): there is no complete index here."
        ) from error


def _parse(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BrokenIndexError(f"{path} is not JSON: the file is damaged.") from error
