"""Titles by pieces of their words, weighted by rareness: what finds a title with a slip in it.

| array | dtype, shape | meaning |
|---|---|---|
| ngram_codes | u8 (T,) | a hash of each piece, rising |
| ngram_rareness | f4 (T,) | its inverse document frequency: log((1 + M) / (1 + titles that have it)) + 1 |
| ngram_indptr | i8 (T+1,) | postings as compressed sparse rows: row t is piece t |
| ngram_rows | i4 (P,) | the movies whose titles have the piece, rising within a row |
| title_indptr | i8 (M+1,) | the same the other way round: row m is movie m |
| title_pieces | i4 (P,) | the pieces that its title has, rising within a row |
| title_lengths | f4 (M,) | of the vector of a title's rareness; 1 for one without a piece |

A question looks through the postings of its rare pieces only: for all others together it is known how much
they can add at most, and what is left then is looked at title by title.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from search.ranking import floor_of
from search.text import words_of

SIZES = (2, 3)
# Postings are looked through piece by piece, the rarest first, until what the others add is below the first
# of these; where too many titles are left then, until the next.
LEFT_TO_ADD = (0.3, 0.2, 0.1, 0.0)
LEFT_MAX = 2_000  # titles
ROUNDED = 1e-5  # how much sums of float32 may be off
Arrays = Mapping[str, npt.NDArray[Any]]
Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]


@lru_cache(maxsize=200_000)
def code_of(piece: str) -> int:
    return int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "little")


def pieces_of(words: Sequence[str]) -> set[str]:
    """Return each word whole and in pieces, with a gap at either end; one that comes again is one more."""
    padded = [f" {word} " for word in words]
    pieces = {word[at : at + size] for word in padded for size in SIZES for at in range(len(word) - size + 1)}
    again = {f"{word}{count}" for word, count in Counter(padded).items() if count > 1}
    return pieces.union(padded, again)


def _codes(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.array(sorted(map(code_of, pieces_of(words))), np.uint64)


def build_ngrams(titles: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `titles`, in their order."""
    each = [_codes(words_of(title)) for title in titles]
    rows = np.repeat(np.arange(len(titles), dtype=np.int32), [len(one) for one in each])
    found = np.concatenate(each) if each else np.zeros(0, np.uint64)
    codes, terms, counts = np.unique(found, return_inverse=True, return_counts=True)
    rareness = (np.log((1 + len(titles)) / (1 + counts)) + 1).astype(np.float32)
    lengths = np.sqrt(np.bincount(rows, rareness[terms] ** 2, minlength=len(titles)))
    return {
        "ngram_codes": codes,
        "ngram_rareness": rareness,
        "ngram_indptr": _ends(counts),
        "ngram_rows": rows[np.argsort(terms, kind="stable")],
        "title_indptr": _ends([len(one) for one in each]),
        "title_pieces": terms.astype(np.int32),
        "title_lengths": np.where(lengths > 0, lengths, 1).astype(np.float32),
    }


def _ends(counts: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *counts], dtype=np.int64)


def is_known(arrays: Arrays, word: str) -> bool:
    """Tell whether some title has the very word."""
    codes, code = arrays["ngram_codes"], np.uint64(code_of(f" {word} "))
    place = int(np.searchsorted(codes, code))
    return place < len(codes) and bool(codes[place] == code)


@dataclass(frozen=True)
class Wanted:
    """The words of a question as pieces that titles have, and how much each adds to a title of length 1."""

    pieces: npt.NDArray[np.int64]  # rising
    adds: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]  # in the order of `rarest`: what the pieces from here on add at most
    rarest: npt.NDArray[np.int64]  # places in `pieces`, the rarest first
    length: float  # of the vector of all its pieces, also of those that no title has


def wanted(arrays: Arrays, words: Sequence[str]) -> Wanted:
    """Look up the pieces of some words."""
    asked, codes = _codes(words), arrays["ngram_codes"]
    places = np.minimum(np.searchsorted(codes, asked), max(len(codes) - 1, 0))
    pieces = places[codes[places] == asked] if codes.size else places[:0]
    rareness = arrays["ngram_rareness"][pieces].astype(np.float64)
    # A piece that no title has is as rare as can be.
    unknown = np.log(len(arrays["title_lengths"]) + 1) + 1
    length = np.sqrt((rareness**2).sum() + (len(asked) - len(pieces)) * unknown**2)
    rarest = np.argsort(-rareness, kind="stable")
    # No title's own vector is longer than 1.
    left = np.sqrt(np.cumsum(rareness[rarest][::-1] ** 2)[::-1])
    shown = max(float(length), 1e-9)
    return Wanted(pieces, rareness**2 / shown, np.append(left, 0.0) / shown, rarest, shown)


def title_scores(arrays: Arrays, questions: Sequence[Wanted], rows: Rows | npt.NDArray[np.int64]) -> Scores:
    """Return the cosine of each question with some titles: how much of both is in the other.

    Shape (questions, rows), from 0 to 1.
    """
    starts, lengths = arrays["title_indptr"][rows], arrays["title_lengths"][rows]
    counts = arrays["title_indptr"][rows + 1] - starts
    ends = np.cumsum(counts)
    firsts = ends - counts
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - firsts, counts)
    pieces = arrays["title_pieces"].take(places)
    scores = np.empty((len(questions), len(rows)), np.float32)
    for question, own in zip(questions, scores, strict=True):
        adds = np.zeros(len(arrays["ngram_codes"]))
        adds[question.pieces] = question.adds
        # The zero at the end is for titles without a piece, whose first one is nowhere.
        added = np.append(adds.take(pieces), 0.0)
        own[:] = np.where(counts > 0, np.add.reduceat(added, firsts), 0.0) / lengths
    return scores


def all_title_scores(arrays: Arrays, question: Wanted) -> Scores:
    """Return the same of all titles, in their order."""
    starts, pieces, lengths = arrays["ngram_indptr"], question.pieces, arrays["title_lengths"]
    spans = [arrays["ngram_rows"][starts[one] : starts[one + 1]] for one in pieces]
    rows = np.concatenate([np.zeros(0, np.int32), *spans])
    adds = np.repeat(question.adds, starts[pieces + 1] - starts[pieces])
    scores: Scores = (np.bincount(rows, adds, minlength=len(lengths)) / lengths).astype(np.float32)
    return scores


def best_titles(arrays: Arrays, question: Wanted, count: int, least: float = 0.0) -> tuple[Rows, float]:
    """Return all rows that may be among the best `count` titles, rising; some others may be among them.

    A title that has nothing of the question is not, nor one with less than `least`, which is known of so many
    titles already. What is known of so many then is returned beside the rows.
    """
    lengths = arrays["title_lengths"]
    sums, done = np.zeros(len(lengths), np.float32), 0
    for enough in LEFT_TO_ADD:
        upto = int(np.argmax(question.left <= enough))
        _add(arrays, question, question.rarest[done:upto], sums)
        done = upto
        scores: Scores = np.divide(sums, lengths, dtype=np.float32)
        if not least > question.left[done]:  # what is known leaves too many: these tell more
            least = max(least, _reached(arrays, question, scores, count))
        low = least - ROUNDED
        if low > question.left[done]:  # what has none of the pieces so far cannot be among the best
            found = np.flatnonzero(scores >= low - question.left[done])
            found = found[_at_most(question, scores[found], lengths[found], question.left[done]) >= low]
            if len(found) <= LEFT_MAX or done == len(question.pieces):
                return found.astype(np.int32), least
    return np.flatnonzero(sums).astype(np.int32), least


def _add(arrays: Arrays, question: Wanted, places: npt.NDArray[np.int64], sums: Scores) -> None:
    """Add to `sums` what some pieces add to each title."""
    starts, rows = arrays["ngram_indptr"], arrays["ngram_rows"]
    for place in places.tolist():
        piece = question.pieces[place]
        # add.at is faster with its own type of index than if it has to convert it in parts.
        where = rows[starts[piece] : starts[piece + 1]].astype(np.intp)
        np.add.at(sums, where, np.float32(question.adds[place]))


def _reached(arrays: Arrays, question: Wanted, scores: Scores, count: int) -> float:
    """Return what `count` titles have at least, all pieces counted, and 0 where nothing is known of so many.

    The likeliest by the pieces so far are looked at: their whole scores leave far fewer others than what
    they have until now.
    """
    floor = floor_of(scores, count) if len(scores) > count else 0.0
    if not floor:
        return 0.0
    likely = np.flatnonzero(scores >= floor)[:LEFT_MAX]
    whole = title_scores(arrays, [question], likely)[0]
    return float(np.partition(whole, len(whole) - count)[len(whole) - count])


def _at_most(question: Wanted, scores: Scores, lengths: Scores, left: float) -> npt.NDArray[np.float64]:
    """Return what titles can have at most: what is found of one is no longer there to have something else."""
    rest: npt.NDArray[np.float64] = np.sqrt(np.maximum(0.0, 1.0 - scores * (question.length / lengths)))
    return scores + left * rest


def exact_titles(arrays: Arrays, question: Wanted, least: float) -> Rows:
    """Return the titles, rising, that have a cosine of `least`, which is near 1, with the question.

    Each has its rarest piece, and about its length.
    """
    if not len(question.pieces):
        return np.zeros(0, np.int32)
    starts, piece = arrays["ngram_indptr"], question.pieces[question.rarest[0]]
    rows: Rows = arrays["ngram_rows"][starts[piece] : starts[piece + 1]]
    rows = rows[np.abs(arrays["title_lengths"][rows] - question.length) <= 0.1 * question.length]
    found: Rows = rows[title_scores(arrays, [question], rows)[0] >= least]
    return found
