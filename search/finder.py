"""What a gateway does with a question, without the network: ask each shard its part, merge the answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.clusters import nearest_clusters
from search.embedding import Embedding, Vectors
from search.fusion import Kind, Scores, Weights, Words, fuse, kind_of, titles_alone
from search.index_format import Head
from search.ngrams import is_known, ngram_scores
from search.part import Question, Rows, best_places
from search.text import checked_query

CANDIDATES = 100  # of each opinion; the list is made of these
Answer = tuple[Rows, Vectors]


@dataclass(frozen=True)
class ByTitles:
    """What titles and years say about a question, for every movie."""

    titles: Scores  # the cosine of its words and the title
    named: npt.NDArray[np.bool_]  # its year stands in the question
    years: Sequence[int]  # that stand in the question
    words: Words

    def kind(self, weights: Weights) -> Kind:
        return kind_of(float(self.titles.max(initial=0)), self.words, weights)


@dataclass(frozen=True)
class Asked:
    """A question as it was understood."""

    kind: Kind
    vector: Vectors
    by_titles: ByTitles
    clusters: Sequence[int]  # to look into
    rows: Sequence[int]  # movies that titles speak for


@dataclass(frozen=True, slots=True)
class Found:
    row: int
    score: float


def understand(head: Head, embedding: Embedding, text: str) -> Asked:
    """Return what a question asks for; raise `QueryError` where that is nothing."""
    words = checked_query(text).split()
    said = by_titles(head, words)
    kind, alone = said.kind(head.weights), titles_alone(said.titles, said.named, head.weights)
    vector = embedding.embed([" ".join(words)])[0]
    clusters = nearest_clusters(head.arrays["centroids"], vector, head.probed(kind)).tolist()
    rows = [one for one in best_places(alone, CANDIDATES).tolist() if alone[one] > 0]
    return Asked(kind, vector, said, clusters, rows)


def by_titles(head: Head, words: Sequence[str]) -> ByTitles:
    """Return what titles and years say about the words of a question.

    A year may be a part of the title, or stand beside it: whichever says more counts.
    """
    movies = len(head.ids)
    titles = ngram_scores(head.arrays, movies, words)
    years = {word for word in words if word in head.years}
    others = [word for word in words if word not in years]
    if years and others:
        titles = np.maximum(titles, ngram_scores(head.arrays, movies, others))
    unknown = [word for word in others if word not in head.genre_words]
    wanted = sorted(map(int, years))
    return ByTitles(
        titles=titles,
        named=np.isin(head.arrays["movie_years"], wanted),
        years=wanted,
        words=Words(
            all_facts=not unknown,
            some_facts=len(unknown) < len(words),
            strange=not all(is_known(head.arrays, word) for word in unknown),
        ),
    )


def question_for(head: Head, asked: Asked, clusters: Iterable[int]) -> Question:
    """Return what to ask of a shard that holds `clusters`."""
    held = frozenset(clusters)
    homes = head.arrays["movie_clusters"][asked.rows].tolist()
    rows = [row for row, home in zip(asked.rows, homes, strict=True) if home in held]
    return Question(
        asked.vector, [one for one in asked.clusters if one in held], CANDIDATES, rows, asked.by_titles.years
    )


def merge(head: Head, asked: Asked, answers: Sequence[Answer], count: int) -> list[Found]:
    """Return the best movies of what shards and titles found, best first; of equal ones the lower id.

    Where no shard has answered, titles decide alone; a movie whose shard has not is known by its title only.
    """
    rows = np.unique(np.concatenate([np.array(asked.rows, np.int32), *(found for found, _ in answers)]))
    near = np.zeros(len(head.ids), np.float32)
    for found, scores in answers:
        near[found] = scores
    titles, named = asked.by_titles.titles[rows], asked.by_titles.named[rows]
    if answers:
        scores = fuse(asked.kind, near[rows], titles, named, head.weights)
    else:
        scores = titles_alone(titles, named, head.weights)
    return [Found(int(rows[place]), float(scores[place])) for place in best_places(scores, count)]
