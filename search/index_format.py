"""What the files of a search index are: names, types and shapes, and the checks that they fit together.

An index is one folder that never changes, like a model: `.npy` arrays, two files of JSON, and a manifest that
names every other file with its size and SHA-256. Below: M movies, C clusters, D dimensions, N movies of one.

| file | dtype, shape | meaning |
|---|---|---|
| movie_years | i4 (M,) | 0 where it is not known |
| movie_clusters | i4 (M,) | the cluster that has the movie's vector |
| rotation | f4 (D, D) | turns what the embedding gives, so that the first numbers say most |
| centroids | f4 (C, D) | of length 1, turned |
| ngram_..., title_... | | pieces of titles, see `search.ngrams` |
| cluster-NNNNN-vectors | f4 (N, D) | of length 1, or zeros; turned |
| cluster-NNNNN-movies | i4 (N, 2) | the row of each movie, rising, and its year |
| movies.json | | ids, titles and genres, a movie a row, by rising id |
| shards.json | | the clusters of each shard |

A gateway needs all but the clusters, a shard its own clusters only: the rest need not be there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors
from search.fusion import Kind, Weights
from search.text import words_of

KIND = "search index"
FORMAT = 2
MOVIES = "movies.json"
SHARDS = "shards.json"
HEAD: dict[str, tuple[str, int]] = {  # name -> dtype, dimensions
    "movie_years": ("<i4", 1),
    "movie_clusters": ("<i4", 1),
    "rotation": ("<f4", 2),
    "centroids": ("<f4", 2),
    "ngram_codes": ("<u8", 1),
    "ngram_rareness": ("<f4", 1),
    "ngram_indptr": ("<i8", 1),
    "ngram_rows": ("<i4", 1),
    "title_indptr": ("<i8", 1),
    "title_pieces": ("<i4", 1),
    "title_lengths": ("<f4", 1),
}
CLUSTER: dict[str, tuple[str, int]] = {"vectors": ("<f4", 2), "movies": ("<i4", 2)}
Arrays = Mapping[str, npt.NDArray[Any]]


class BrokenIndexError(Exception):
    """An index cannot be used or written. The message is one sentence that names the file."""


def cluster_file(cluster: int, name: str) -> str:
    return f"cluster-{cluster:05}-{name}.npy"


def files_of_head() -> set[str]:
    return {MOVIES, SHARDS, *(f"{name}.npy" for name in HEAD)}


def files_of_clusters(clusters: Iterable[int]) -> set[str]:
    return {cluster_file(cluster, name) for cluster in clusters for name in CLUSTER}


@dataclass(frozen=True)
class Head:
    """What a gateway holds of an index: everything but the vectors."""

    manifest: Mapping[str, Any]
    arrays: Arrays
    ids: Sequence[str]
    titles: Sequence[str]
    genres: Sequence[Sequence[str]]
    shards: Sequence[Sequence[int]]

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    def probed(self, kind: Kind) -> int:
        """Return how many clusters are looked into for a question of a kind."""
        return int(self.manifest["clusters"]["probed"][kind])

    def make_ready(self) -> None:
        """Make what the first question would have to wait for."""
        _ = self.weights, self.years, self.rows_of_years, self.genre_words

    def turned(self, vectors: Vectors) -> Vectors:
        """Return what an embedding gives as the index has it: cosines are the same."""
        turned: Vectors = vectors @ self.arrays["rotation"]
        return turned

    @cached_property
    def weights(self) -> Weights:
        return Weights.from_plain(self.manifest["fusion"])

    @cached_property
    def years(self) -> frozenset[str]:
        return frozenset(str(year) for year in np.unique(self.arrays["movie_years"]) if year)

    @cached_property
    def rows_of_years(self) -> Mapping[int, npt.NDArray[np.int32]]:
        """Return the movies of each year that is known."""
        years = self.arrays["movie_years"]
        return {
            int(year): np.flatnonzero(years == year).astype(np.int32) for year in np.unique(years) if year
        }

    @cached_property
    def genre_words(self) -> frozenset[str]:
        return frozenset(
            word for genres in set(map(tuple, self.genres)) for one in genres for word in words_of(one)
        )


def check_head(head: Head) -> None:
    """Raise `BrokenIndexError` unless the parts of a head fit together."""
    arrays, movies, clusters = head.arrays, len(head.ids), len(head.arrays["centroids"])
    if len(set(head.ids)) != movies or not len(head.titles) == len(head.genres) == movies:
        raise BrokenIndexError(f"{MOVIES} has not one title and one list of genres for each of its ids.")
    for name, length in (("movie_years", movies), ("movie_clusters", movies), ("title_lengths", movies)):
        if len(arrays[name]) != length:
            raise BrokenIndexError(f"{name}.npy has {len(arrays[name])} movies instead of {length}.")
    _check_range("movie_clusters", arrays["movie_clusters"], clusters)
    _check_rows("ngram_indptr", arrays["ngram_indptr"], len(arrays["ngram_codes"]), arrays["ngram_rows"])
    _check_range("ngram_rows", arrays["ngram_rows"], movies)
    _check_rows("title_indptr", arrays["title_indptr"], movies, arrays["title_pieces"])
    _check_range("title_pieces", arrays["title_pieces"], len(arrays["ngram_codes"]))
    if len(arrays["ngram_rareness"]) != len(arrays["ngram_codes"]):
        raise BrokenIndexError("ngram_rareness.npy has not one number for each piece of titles.")
    if not (arrays["title_lengths"] > 0).all():
        raise BrokenIndexError("title_lengths.npy holds a length that is not above 0.")
    if arrays["rotation"].shape != (arrays["centroids"].shape[1],) * 2:
        raise BrokenIndexError("rotation.npy does not fit the centroids.")
    for name in ("rotation", "centroids", "title_lengths", "ngram_rareness"):
        if not np.isfinite(arrays[name]).all():
            raise BrokenIndexError(f"{name}.npy holds numbers that are not finite.")
    if sorted(one for shard in head.shards for one in shard) != list(range(clusters)):
        raise BrokenIndexError(f"{SHARDS} does not give each of the {clusters} clusters to one shard.")


def check_cluster(cluster: int, arrays: Arrays, movies: int, dimensions: int) -> None:
    """Raise `BrokenIndexError` unless the vectors and the movies of a cluster fit together."""
    vectors, rows = arrays["vectors"], arrays["movies"]
    if vectors.shape != (len(rows), dimensions) or rows.shape[1:] != (2,):
        raise BrokenIndexError(f"{cluster_file(cluster, 'vectors')} does not fit the movies of its cluster.")
    _check_range(cluster_file(cluster, "movies"), rows[:, 0], movies)
    if not np.isfinite(vectors).all():
        raise BrokenIndexError(f"{cluster_file(cluster, 'vectors')} holds numbers that are not finite.")


def _check_rows(name: str, starts: npt.NDArray[np.int64], rows: int, values: npt.NDArray[np.int32]) -> None:
    if len(starts) != rows + 1 or starts[0] != 0 or starts[-1] != len(values) or (np.diff(starts) < 0).any():
        raise BrokenIndexError(f"{name}.npy does not rise from 0 to the number of what it counts.")


def _check_range(name: str, values: npt.NDArray[Any], high: int) -> None:
    if values.size and not (values.min() >= 0 and values.max() < high):
        raise BrokenIndexError(f"{name} holds numbers outside 0..{high - 1}.")
