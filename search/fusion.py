"""Two opinions on a movie in one: how near its vector is, and how much of its title is in the question.

A question is one of three. It is about *facts* when all its words are genres or years of the catalogue:
vectors decide, and a title counts where it is exactly that. It is about a *title* when some title has much of
it; less will do where no word is a fact, and little where a word is in no title, as a misspelt one is: titles
decide, and vectors only between equal ones. Else its *words* may be of a title or about one: both add up.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
EXACT = 0.999  # a cosine from here on is the same title


class Kind(StrEnum):
    FACTS = "facts"
    TITLE = "title"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of a question are. A fact is a genre or a year of the catalogue."""

    all_facts: bool
    some_facts: bool
    strange: bool  # some are in no title and no fact: slips, or another language


@dataclass(frozen=True, slots=True)
class Weights:
    """How the two are weighed; the first is chosen at each build, on questions made of its own catalogue."""

    title_from: float  # a cosine of words and title from which on a title is meant
    plain_from: float  # the same where no word is a genre or a year
    slip_from: float  # the same where some word is in no title
    year: float  # added for a movie of a year that is named
    words: float  # of the cosine with the title, squared, beside 1 of the vectors'

    def to_plain(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Self:
        return cls(
            **{
                name: float(content[name])
                for name in ("title_from", "plain_from", "slip_from", "year", "words")
            }
        )


def kind_of(best_title: float, words: Words, weights: Weights) -> Kind:
    """Return what a question is about, from the highest cosine of a title and what its words are."""
    if words.all_facts:
        return Kind.FACTS
    least = weights.title_from if words.some_facts else weights.plain_from
    return Kind.TITLE if best_title >= (weights.slip_from if words.strange else least) else Kind.WORDS


def fuse(kind: Kind, near: Scores, titles: Scores, years: npt.NDArray[np.bool_], weights: Weights) -> Scores:
    """Return one score for each movie, from its cosines, and whether its year is named."""
    named = np.where(years, np.float32(weights.year), np.float32(0))
    if kind is Kind.TITLE:
        return titles + named + np.float32(0.001) * near
    exact = np.where(titles >= EXACT, np.float32(2), np.float32(0))
    if kind is Kind.FACTS:
        return near + named + exact
    words: Scores = np.float32(weights.words) * np.square(titles)
    return near + named + words


def titles_alone(titles: Scores, years: npt.NDArray[np.bool_], weights: Weights) -> Scores:
    """Return what is left without vectors."""
    return titles + np.where(years, np.float32(weights.year), np.float32(0))
