"""Make an index of a catalogue: vectors in clusters, pieces of titles, and what questions about it choose."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from search.asked.choose import RECALL_AT, choose_probed, choose_weights, try_all
from search.asked.questions import halves, make_questions
from search.clusters import balance, k_means, rotation_of
from search.embedding import Embedding, Vectors
from search.fusion import Kind, Weights
from search.index_files import joined
from search.index_format import Arrays, BrokenIndexError, Head
from search.local import LocalSearch
from search.movies import Movie
from search.ngrams import build_ngrams
from search.settings import BuildSettings


@dataclass(frozen=True)
class BuiltIndex:
    head: Head
    clusters: Mapping[int, Arrays]
    movies: Sequence[Movie]
    vectors: Vectors  # as the embedding gives them

    def search(self, embedding: Embedding) -> LocalSearch:
        """Return the index as it is searched, without files."""
        dimensions = self.vectors.shape[1]
        parts = [
            joined({one: self.clusters[one] for one in clusters}, dimensions) for clusters in self.head.shards
        ]
        return LocalSearch(self.head, parts, embedding)


def build(movies: Sequence[Movie], embedding: Embedding, settings: BuildSettings) -> BuiltIndex:
    """Build an index; raise `BrokenIndexError` where there is no movie, or too few near ones are found."""
    movies = sorted(movies, key=lambda one: one.id)
    if not movies:
        raise BrokenIndexError("There is no movie in the catalogue: import or ingest some first.")
    vectors = embedding.embed([movie.embedded for movie in movies])
    rotation = rotation_of(vectors)
    turned = vectors @ rotation
    centroids, homes = k_means(turned, max(1, isqrt(len(movies))), settings.seed, settings.passes)
    years = np.array([movie.year or 0 for movie in movies], np.int32)
    tried_weights = _weights(settings)
    head = Head(
        manifest={"fusion": tried_weights[0].to_plain()},
        arrays={
            "movie_years": years,
            "movie_clusters": homes,
            "rotation": rotation,
            "centroids": centroids,
            **build_ngrams([movie.title for movie in movies]),
        },
        ids=[movie.id for movie in movies],
        titles=[movie.title for movie in movies],
        genres=[list(movie.genres) for movie in movies],
        shards=balance(np.bincount(homes, minlength=len(centroids)), settings.shards),
    )
    asked = make_questions(halves(movies)[0], settings.seed, settings.questions)
    tried = list(try_all(head, movies, turned, asked, embedding, tried_weights))
    probed, recall = choose_probed(tried, len(centroids), settings.recall_min)
    _check_floor(recall, settings.recall_min)
    manifest = {
        "catalogue": {"movies": len(movies), "hash": hash_of(movies)},
        "embedding": {"name": embedding.name, "dimensions": vectors.shape[1]},
        "clusters": {"count": len(centroids), "probed": probed, f"recall_at_{RECALL_AT}": recall},
        "fusion": choose_weights(tried, tried_weights, settings.title_from_loss_max).to_plain(),
        "seed": settings.seed,
    }
    clusters = {one: _cluster(np.flatnonzero(homes == one), turned, years) for one in range(len(centroids))}
    return BuiltIndex(replace(head, manifest=manifest), clusters, movies, vectors)


def _weights(settings: BuildSettings) -> list[Weights]:
    own = (settings.plain_from, settings.slip_from, settings.year_weight, settings.words_weight)
    return [Weights(one, *own) for one in settings.title_from]


def _check_floor(recall: Mapping[Kind, float], floor: float) -> None:
    kind, found = min(recall.items(), key=lambda one: one[1])
    if found < floor:
        raise BrokenIndexError(
            f"The index would find {found:.1%} of the nearest movies for {kind}, and search.recall_min is "
            f"{floor:.0%}: lower it, or leave search out with search.enabled."
        )


def hash_of(movies: Sequence[Movie]) -> str:
    """Return what tells one catalogue from another."""
    lines = (json.dumps([one.id, one.title, one.year, one.genres, one.text]) for one in movies)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _cluster(
    rows: npt.NDArray[np.int64], vectors: Vectors, years: npt.NDArray[np.int32]
) -> dict[str, npt.NDArray[Any]]:
    return {"vectors": vectors[rows], "movies": np.stack([rows, years[rows]], axis=1).astype(np.int32)}
