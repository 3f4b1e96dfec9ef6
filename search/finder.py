"""What a gateway does with a question, without the network: ask each shard its part, merge the answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from search.clusters import nearest_clusters
from search.embedding import Embedding, Vectors
from search.fusion import Kind, fuse, kind_of, titles_alone
from search.index_format import Head
from search.part import Question, Rows
from search.ranking import best_places
from search.reading import Reading, read
from search.text import checked_query

CANDIDATES = 100  # of each opinion; the list is made of these
Answer = tuple[Rows, Vectors]


@dataclass(frozen=True)
class Asked:
    """A question as it was understood."""

    kind: Kind
    vector: Vectors
    reading: Reading
    clusters: Sequence[int]  # to look into
    rows: Rows  # movies that titles and years speak for, rising


@dataclass(frozen=True, slots=True)
class Found:
    row: int
    score: float


def understand(head: Head, embedding: Embedding, text: str) -> Asked:
    """Return what a question asks for; raise `QueryError` where that is nothing."""
    words = checked_query(text).split()
    reading = read(head, words)
    # Beside facts a title counts where it is exactly that, and movies of a year are named by their shards.
    rows = reading.exact() if reading.words.all_facts else reading.likely(CANDIDATES)
    titles = reading.titles(rows)
    kind = kind_of(float(titles.max(initial=0)), reading.words, head.weights)
    best = best_places(titles_alone(titles, reading.named(rows), head.weights), CANDIDATES)
    vector = head.turned(embedding.embed([" ".join(words)])[0])
    clusters = nearest_clusters(head.arrays["centroids"], vector, head.probed(kind)).tolist()
    return Asked(kind, vector, reading, clusters, np.sort(rows[best]))


def question_for(head: Head, asked: Asked, clusters: Iterable[int]) -> Question:
    """Return what to ask of a shard that holds `clusters`."""
    held = frozenset(clusters)
    homes = head.arrays["movie_clusters"][asked.rows].tolist()
    rows = [row for row, home in zip(asked.rows.tolist(), homes, strict=True) if home in held]
    return Question(
        asked.vector, [one for one in asked.clusters if one in held], CANDIDATES, rows, asked.reading.years
    )


def merge(head: Head, asked: Asked, answers: Sequence[Answer], count: int) -> list[Found]:
    """Return the best movies of what shards and titles found, best first; of equal ones the lower id.

    Where no shard has answered, titles decide alone; a movie whose shard has not is known by its title only.
    """
    spoken_for = asked.rows if answers else asked.reading.likely(CANDIDATES)
    rows = np.unique(np.concatenate([spoken_for, *(found for found, _ in answers)]))
    near = np.zeros(len(rows), np.float32)
    for found, scores in answers:
        near[np.searchsorted(rows, found)] = scores
    titles, named = asked.reading.titles(rows), asked.reading.named(rows)
    if answers:
        scores = fuse(asked.kind, near, titles, named, head.weights)
    else:
        scores = titles_alone(titles, named, head.weights)
    return [Found(int(rows[place]), float(scores[place])) for place in best_places(scores, count)]
