"""How well an index answers questions made by a rule: its two opinions alone, and both together as served."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.asked.questions import Made, halves, make_questions, reciprocal_rank
from search.embedding import Embedding, Vectors
from search.fusion import titles_alone
from search.local import LocalSearch
from search.movies import Movie
from search.ranking import best_places
from search.reading import read
from search.text import QueryError, checked_query, words_of

LISTED = 100


@dataclass(frozen=True, slots=True)
class Quality:
    """Mean reciprocal ranks of one kind of question."""

    kind: str
    questions: int
    vectors: float
    titles: float
    fused: float
    first: float  # share of questions whose first movie is meant, of `fused`


@dataclass(frozen=True)
class Measured:
    kinds: Sequence[Quality]

    def mean(self, system: str) -> float:
        """Return the mean reciprocal rank of a system over all questions."""
        total = sum(one.questions for one in self.kinds)
        return sum(getattr(one, system) * one.questions for one in self.kinds) / total if total else 0.0

    @property
    def gain(self) -> float:
        """Return how many times the better of both alone the fusion is, over all questions."""
        best = max(self.mean("vectors"), self.mean("titles"))
        return self.mean("fused") / best if best else 1.0

    @property
    def behind(self) -> list[str]:
        """Return the kinds of question on which one of both alone is better."""
        return [one.kind for one in self.kinds if one.fused < max(one.vectors, one.titles)]


def measure(search: LocalSearch, movies: Sequence[Movie], vectors: Vectors, seed: int, each: int) -> Measured:
    """Ask about movies that nothing was chosen by; `movies` and `vectors` are in the order of the rows.

    `vectors` are those that the embedding gives.
    """
    asked = make_questions(halves(movies)[1], seed, each)
    alone = _alone(search, vectors)
    kinds = []
    for kind, questions in asked.items():
        fused = _ranks(questions, movies, lambda text: [one.row for one in search.find(text, LISTED)])
        ranks = {name: _ranks(questions, movies, rows) for name, rows in alone.items()}
        if questions:
            kinds.append(
                Quality(
                    kind=kind,
                    questions=len(questions),
                    vectors=float(np.mean(ranks["vectors"])),
                    titles=float(np.mean(ranks["titles"])),
                    fused=float(np.mean(fused)),
                    first=float(np.mean(np.array(fused) == 1)),
                )
            )
    return Measured(kinds)


def _alone(search: LocalSearch, vectors: Vectors) -> Mapping[str, Callable[[str], Sequence[int]]]:
    """Return the two opinions, each over all movies, no cluster left out."""
    head, embedding = search.head, search.embedding

    def by_vectors(text: str) -> list[int]:
        vector = _vector(embedding, text)
        return list(map(int, best_places(vectors @ vector, LISTED)))

    def by_words(text: str) -> list[int]:
        said = read(head, words_of(text))
        scores = titles_alone(said.all_titles(), said.all_named(), head.weights)
        return list(map(int, best_places(scores, LISTED)))

    return {"vectors": by_vectors, "titles": by_words}


def _vector(embedding: Embedding, text: str) -> Vectors:
    vector: Vectors = embedding.embed([checked_query(text)])[0]
    return vector


def _ranks(
    questions: Sequence[Made], movies: Sequence[Movie], rows: Callable[[str], Sequence[int]]
) -> list[float]:
    ranks = []
    for question in questions:
        try:
            ranks.append(reciprocal_rank(question, [movies[row] for row in rows(question.text)]))
        except QueryError:  # of a title without a word
            ranks.append(0.0)
    return ranks
