"""What a build chooses by questions about its catalogue: when a title is meant, and how far to look."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.asked.questions import Made, reciprocal_rank
from search.clusters import nearest_clusters
from search.embedding import Embedding, Vectors
from search.fusion import Kind, Weights, fuse, kind_of
from search.index_format import Head
from search.movies import Movie
from search.part import FIRST, SIFTED
from search.ranking import best_places
from search.reading import read
from search.text import words_of

RECALL_AT = 20
LISTED = 100  # so far down the movie that is meant is looked for


@dataclass(frozen=True)
class Tried:
    """One question, answered by looking at every movie."""

    rule: str
    facts: bool
    ranks: Mapping[float, float]  # `title_from` -> reciprocal rank
    # Of each of its nearest movies: how many clusters are looked into before its own.
    needed: npt.NDArray[np.int64]


def try_all(
    head: Head,
    movies: Sequence[Movie],
    vectors: Vectors,
    asked: Mapping[str, Sequence[Made]],
    embedding: Embedding,
    weights: Sequence[Weights],
) -> Iterator[Tried]:
    """Answer questions with each of some weights; `head` need not have chosen any yet.

    `vectors` are turned as those of the index.
    """
    first = np.ascontiguousarray(vectors[:, :FIRST])
    homes = head.arrays["movie_clusters"]
    shards = [np.flatnonzero(np.isin(homes, clusters)) for clusters in head.shards]
    for rule, questions in asked.items():
        for question in questions:
            words = words_of(question.text)
            said, vector = read(head, words), head.turned(embedding.embed([" ".join(words)])[0])
            near, ranks = vectors @ vector, dict[float, float]()
            titles, named = said.all_titles(), said.all_named()
            for one in weights:
                kind = kind_of(float(titles.max(initial=0)), said.words, one)
                scores = fuse(kind, near, titles, named, one)
                listed = [movies[row] for row in best_places(scores, LISTED)]
                ranks[one.title_from] = reciprocal_rank(question, listed)
            sifted = _sifted(first @ vector[:FIRST], shards)
            yield Tried(rule, said.words.all_facts, ranks, _clusters_needed(head, near, sifted, vector))


def _sifted(near: Vectors, shards: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return the movies that shards take of all that they hold; of some clusters they take these too."""
    return np.concatenate([rows[best_places(near[rows], SIFTED)] for rows in shards])


def _clusters_needed(
    head: Head, near: Vectors, sifted: npt.NDArray[np.int64], vector: Vectors
) -> npt.NDArray[np.int64]:
    count = len(head.arrays["centroids"])
    order = nearest_clusters(head.arrays["centroids"], vector, count)
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order))
    nearest = best_places(near, RECALL_AT)
    needed: npt.NDArray[np.int64] = turn[head.arrays["movie_clusters"][nearest]]
    needed[~np.isin(nearest, sifted)] = count  # one that is left out is found by no number of clusters
    return needed


def choose_weights(tried: Sequence[Tried], weights: Sequence[Weights], loss_max: float) -> Weights:
    """Return the weights with the highest `title_from` by which no kind of question loses much.

    What is higher leaves more questions to what words mean, of which a catalogue can make none by a rule.
    """
    ranks = defaultdict[tuple[str, float], list[float]](list)
    for one in tried:
        for title_from, rank in one.ranks.items():
            ranks[one.rule, title_from].append(rank)
    means = {key: sum(found) / len(found) for key, found in ranks.items()}
    best = defaultdict[str, float](float)
    for (rule, _), mean in means.items():
        best[rule] = max(best[rule], mean)

    def loss(one: Weights) -> float:
        return max((best[rule] - means[rule, one.title_from] for rule in best), default=0.0)

    least = min(map(loss, weights))
    return max((one for one in weights if loss(one) <= max(least, loss_max)), key=lambda one: one.title_from)


def choose_probed(
    tried: Sequence[Tried], clusters: int, recall_min: float
) -> tuple[dict[Kind, int], dict[Kind, float]]:
    """Return how many clusters to look into, and which share of the nearest movies is found so.

    Chosen on every second question and measured on the others, which reach `recall_min` as well. Where
    a title is meant no cluster is looked into: titles have found all.
    """
    probed, recall = {Kind.TITLE: 0}, dict[Kind, float]()
    aim = (1 + recall_min) / 2  # half of what may be missed is kept for questions that are harder than these
    for kind, facts in ((Kind.FACTS, True), (Kind.WORDS, False)):
        needed = [one.needed for one in tried if one.facts is facts]
        chosen, measured = needed[::2], needed[1::2] or needed
        probed[kind] = clusters
        if chosen:
            counts = range(1, clusters + 1)
            probed[kind] = next(
                (one for one in counts if share(chosen, one) >= aim and share(measured, one) >= recall_min),
                clusters,
            )
        recall[kind] = round(share(measured, probed[kind]), 4) if measured else 1.0
    return probed, recall


def share(needed: Sequence[npt.NDArray[np.int64]], probed: int) -> float:
    return float((np.array(needed) < probed).mean())
