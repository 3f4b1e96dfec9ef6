"""What the files of a model are: names, types and shapes, and the checks that they fit together.

A model is one folder that never changes: `.npy` arrays, `movies.json`, and `manifest.json`, which names
every other file with its size and SHA-256. Below: U users, M movies, G genres, S stored lists of length L,
F latent factors, N seen (user, movie) pairs, K item-to-item weights.

| array | dtype, shape | meaning |
|---|---|---|
| user_ids | i8 (U,) | every user of the training data, ascending |
| user_events | i4 (U,) | training events of the user; below `min_events` the answer is the popularity list |
| user_factors | f4 (U, F) | ranking factors, then rating factors |
| user_blend | f4 (U, 2) | weights a, c of the factors in the user's scores, see below |
| user_bias | f4 (U,) | rating bias |
| user_list_row | i4 (U,) | row in `top_items`, -1 where the list is computed when asked for |
| top_items | i4 (S, L) | best movies first, without the user's training movies; -1 fills up short rows |
| seen_indptr, seen_items | i8 (U+1,), i4 | the user's training movies, oldest first, as sparse rows |
| item_factors | f4 (M, F + 1) | as user_factors; the last column is the rating bias |
| item_popularity | f4 (M,) | recent, smoothed popularity |
| popular_order | i4 (M,) | movies by falling popularity |
| genre_mask | ? (G, M) | whether a movie has a genre |

Since format 2; a model of format 1 is read as one without these parts:

| array | dtype, shape | meaning |
|---|---|---|
| seen_strength | f4 (N,) | beside seen_items: what each of them weighs in the item part, its age considered |
| user_item, user_popular | f4 (U,) | weights of the item and the popularity part in the user's scores |
| item_indptr | i8 (M+1,) | item-to-item weights as compressed sparse rows: row j is a movie that was seen |
| item_neighbours | i4 (K,) | the movies i that a watch of j speaks for, rising within a row |
| item_weights | f4 (K,) | by how much: B[j, i], below 0 where it speaks against |
| item_popular_score | f4 (M,) | the popularity part, before its weight |

score(u, i) = a * ranking(u, i) + c * (rating(u, i) + item_bias(i))
            + user_item[u] * sum over j in seen_items(u) of seen_strength[u, j] * B[j, i]
            + user_popular[u] * item_popular_score[i]

Two scalars say how the ranking factors were fitted, for `app.scoring.equations`: `als_confidence_gain`, times
the strength of a movie of the history, and `als_regularization`. Models from before have neither, and their
histories are in the order of the movies.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

FORMAT = 2
MANIFEST = "manifest.json"
MOVIES = "movies.json"
SEAL = "seal"
# A version stands in response headers, metric labels and folder names alike.
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,127}")

# name -> dtype and the symbols of its shape; the same symbol must have the same length everywhere
FORMAT_1: dict[str, tuple[str, tuple[str, ...]]] = {
    "user_ids": ("<i8", ("U",)),
    "user_events": ("<i4", ("U",)),
    "user_factors": ("<f4", ("U", "F")),
    "user_blend": ("<f4", ("U", "2")),
    "user_bias": ("<f4", ("U",)),
    "user_list_row": ("<i4", ("U",)),
    "top_items": ("<i4", ("S", "L")),
    "seen_indptr": ("<i8", ("U+1",)),
    "seen_items": ("<i4", ("N",)),
    "item_factors": ("<f4", ("M", "F+1")),
    "item_popularity": ("<f4", ("M",)),
    "popular_order": ("<i4", ("M",)),
    "genre_mask": ("|b1", ("G", "M")),
}
SINCE_2: dict[str, tuple[str, tuple[str, ...]]] = {
    "seen_strength": ("<f4", ("N",)),
    "user_item": ("<f4", ("U",)),
    "user_popular": ("<f4", ("U",)),
    "item_indptr": ("<i8", ("M+1",)),
    "item_neighbours": ("<i4", ("K",)),
    "item_weights": ("<f4", ("K",)),
    "item_popular_score": ("<f4", ("M",)),
}
ARRAYS = {**FORMAT_1, **SINCE_2}
READABLE = {1: FORMAT_1, FORMAT: ARRAYS}
# Scoring all movies reads each column of item_factors once: by columns that is a quarter faster than by rows.
ORDER: dict[str, Literal["C", "F"]] = {"item_factors": "F"}
SCALARS = ("min_events", "rank_factors", "global_mean")


class ArtifactError(Exception):
    """A model cannot be used or written. The message is one sentence that names the file."""


@dataclass(frozen=True, slots=True)
class Movies:
    """What is said about each movie, in the order of the model's M movies."""

    ids: Sequence[str]
    titles: Sequence[str]
    genres: Sequence[str]  # the G genre names, in the order of genre_mask


@dataclass(frozen=True, slots=True)
class Model:
    """A model as loaded: read-only arrays backed by its files, and the manifest."""

    manifest: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]
    movies: Movies

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def content_hash(self) -> str:
        return str(self.manifest["content_hash"])


def without_item_part(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays since format 2 as a model has them that scores by factors alone; takes no memory."""
    users, movies, seen = (arrays[name].size for name in ("user_ids", "popular_order", "seen_items"))
    lengths = {"U": users, "M": movies, "N": seen, "M+1": movies + 1, "K": 0}
    return {
        name: np.broadcast_to(np.zeros((), dtype), lengths[symbols[0]])
        for name, (dtype, symbols) in SINCE_2.items()
    }


def content_hash(files: Mapping[str, Mapping[str, Any]]) -> str:
    """Hash names and SHA-256 sums of a model's files: equal content has one hash at any time."""
    lines = "".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """Return the one way in which a manifest is written."""
    return (json.dumps(manifest, indent=1) + "\n").encode()


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with the SHA-256 of everything that stands in it."""
    content = {name: value for name, value in manifest.items() if name != SEAL}
    return {**content, SEAL: hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}


def describe_file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def sync(path: Path) -> None:
    """Have the disk hold a file, or what a folder lists."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_details(details: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Return the details as they will be read back; raise `ArtifactError` when one is missing or no JSON."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(details), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"the details of a model must be JSON: {error}.") from error
    version, scalars = plain.get("version"), plain.get("scalars")
    if not isinstance(version, str) or not LABEL.fullmatch(version):
        raise ArtifactError(f"the version {version!r} is not one word of letters, digits and . _ + -.")
    if not isinstance(scalars, dict) or not all(isinstance(scalars.get(one), int | float) for one in SCALARS):
        raise ArtifactError(f"scalars must hold the numbers {', '.join(SCALARS)}.")
    if not 0 <= scalars["rank_factors"] <= arrays["user_factors"].shape[1]:
        raise ArtifactError("rank_factors is larger than the number of factors.")
    return plain


def check_movies(movies: Movies) -> None:
    """Raise `ArtifactError` unless the ids are unique and can stand in one comma-separated line."""
    if len(set(movies.ids)) != len(movies.ids):
        raise ArtifactError("a movie id stands twice in the model.")
    for movie in movies.ids:
        if not movie or "," in movie or not movie.isprintable() or " " in movie:
            raise ArtifactError(f"the movie id {movie!r} cannot stand in a comma-separated line.")


def check_shapes(arrays: Mapping[str, npt.NDArray[Any]], movies: Movies) -> None:
    """Raise `ArtifactError` unless every array has its place in one consistent set of lengths."""
    lengths = {"2": 2, "M": len(movies.ids), "G": len(movies.genres)}
    if len(movies.titles) != len(movies.ids):
        raise ArtifactError(f"{MOVIES} has {len(movies.ids)} ids but {len(movies.titles)} titles.")
    for name, (_, symbols) in ARRAYS.items():
        shape = arrays[name].shape
        if len(shape) != len(symbols):
            raise ArtifactError(f"{name}.npy has {len(shape)} dimensions instead of {len(symbols)}.")
        for symbol, length in zip(symbols, shape, strict=True):
            base, _, plus = symbol.partition("+")
            inner = length - int(plus or 0)
            if lengths.setdefault(base, inner) != inner:
                raise ArtifactError(f"{name}.npy has the shape {shape}, which does not fit the other files.")


def check_indices(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    movies, lists = len(arrays["popular_order"]), len(arrays["top_items"])
    for name, low, high in (
        ("seen_items", 0, movies),
        ("popular_order", 0, movies),
        ("top_items", -1, movies),
        ("user_list_row", -1, lists),
    ):
        values = arrays[name]
        if values.size and not (values.min() >= low and values.max() < high):
            raise ArtifactError(f"{name} holds numbers outside {low}..{high - 1}.")
    if not (np.diff(arrays["user_ids"]) > 0).all():
        raise ArtifactError("user_ids must be ascending without repeats.")
    for name in (
        *("user_factors", "user_blend", "user_bias", "item_factors", "item_popularity"),
        *("seen_strength", "user_item", "user_popular"),
    ):
        _check_finite(name, arrays[name])
    check_item_part(arrays)


def check_item_part(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise `ArtifactError` unless every item-to-item weight is a number between two movies of the model.

    Small enough to be checked whenever a model is opened: a neighbour out of range would be met much later.
    """
    starts, neighbours = arrays["item_indptr"], arrays["item_neighbours"]
    if starts[0] != 0 or starts[-1] != len(neighbours) or not (np.diff(starts) >= 0).all():
        raise ArtifactError(f"item_indptr must rise from 0 to the {len(neighbours)} weights that there are.")
    movies = len(starts) - 1
    if neighbours.size and not (neighbours.min() >= 0 and neighbours.max() < movies):
        raise ArtifactError(f"item_neighbours holds numbers outside 0..{movies - 1}.")
    rising = neighbours[1:] > neighbours[:-1]
    rising[starts[(starts > 0) & (starts < len(neighbours))] - 1] = True  # the first of each row may be any
    if not rising.all():
        raise ArtifactError("item_neighbours must rise within each row, without repeats.")
    for name in ("item_weights", "item_popular_score"):
        _check_finite(name, arrays[name])


def _check_finite(name: str, values: npt.NDArray[Any]) -> None:
    if not np.isfinite(values).all():
        raise ArtifactError(f"{name} holds numbers that are not finite: training has diverged.")
