"""Vectors in clusters of neighbours, and clusters on shards of about equal size."""

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors, normalised

SAMPLE = 20_000  # vectors that centroids are found with; the others only find theirs


def k_means(vectors: Vectors, clusters: int, seed: int, passes: int) -> tuple[Vectors, npt.NDArray[np.int32]]:
    """Return centroids of length 1, and the cluster of each vector; by cosine, the same for the same input.

    There may be fewer clusters than asked for: none is empty.
    """
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(vectors))[:SAMPLE]
    sample = vectors[np.sort(chosen)]
    centroids = vectors[np.sort(chosen[: min(clusters, len(chosen))])].copy()
    for _ in range(passes):
        nearest = _nearest(sample, centroids)
        for one in range(len(centroids)):
            members = sample[nearest == one]
            if len(members):
                centroids[one] = members.mean(axis=0)
        centroids = normalised(centroids)
    used, nearest = np.unique(_nearest(vectors, centroids), return_inverse=True)
    return centroids[used], nearest.astype(np.int32)


def rotation_of(vectors: Vectors) -> Vectors:
    """Return what turns vectors so that the first numbers say as much as so many can of their products."""
    wide = vectors.astype(np.float64)
    _, directions = np.linalg.eigh(wide.T @ wide)
    turned: Vectors = np.ascontiguousarray(directions[:, ::-1], np.float32)
    return turned


def _nearest(vectors: Vectors, centroids: Vectors) -> npt.NDArray[np.int64]:
    parts = np.array_split(vectors, max(1, len(vectors) // 10_000))
    return np.concatenate([(part @ centroids.T).argmax(axis=1) for part in parts])


def balance(sizes: npt.NDArray[np.int64], shards: int) -> list[list[int]]:
    """Return the clusters of each shard, the largest given away first, each to who has least."""
    loads, given = [0] * shards, [list[int]() for _ in range(shards)]
    for cluster in sorted(range(len(sizes)), key=lambda one: (-int(sizes[one]), one)):
        shard = loads.index(min(loads))
        loads[shard] += int(sizes[cluster])
        given[shard].append(cluster)
    return [sorted(clusters) for clusters in given]


def nearest_clusters(centroids: Vectors, vector: Vectors, count: int) -> npt.NDArray[np.int64]:
    """Return the clusters to look into, the nearest first."""
    return np.argsort(-(centroids @ vector), kind="stable")[:count]
