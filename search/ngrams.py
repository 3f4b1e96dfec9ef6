"""Titles by pieces of their words, weighted by rareness: what finds a title with a slip in it.

| array | dtype, shape | meaning |
|---|---|---|
| ngram_codes | u8 (T,) | a hash of each piece, rising |
| ngram_rareness | f4 (T,) | its inverse document frequency: log((1 + M) / (1 + titles that have it)) + 1 |
| ngram_indptr | i8 (T+1,) | postings as compressed sparse rows: row t is piece t |
| ngram_rows | i4 (P,) | the movies whose titles have the piece, rising within a row |
| ngram_weights | f4 (P,) | rareness, divided by the length of the title's vector |
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from search.text import words_of

SIZES = (2, 3)
Arrays = Mapping[str, npt.NDArray[Any]]
Scores = npt.NDArray[np.float32]


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
    order = np.argsort(terms, kind="stable")
    weights = rareness[terms] / lengths[rows]
    return {
        "ngram_codes": codes,
        "ngram_rareness": rareness,
        "ngram_indptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "ngram_rows": rows[order],
        "ngram_weights": weights[order].astype(np.float32),
    }


def is_known(arrays: Arrays, word: str) -> bool:
    """Tell whether some title has the very word."""
    codes, code = arrays["ngram_codes"], np.uint64(code_of(f" {word} "))
    place = int(np.searchsorted(codes, code))
    return place < len(codes) and bool(codes[place] == code)


def ngram_scores(arrays: Arrays, movies: int, words: Sequence[str]) -> Scores:
    """Return the cosine of some words with each title, from 0 to 1: how much of both is in the other."""
    wanted = _codes(words)
    codes, starts = arrays["ngram_codes"], arrays["ngram_indptr"]
    if not wanted.size or not codes.size:
        return np.zeros(movies, np.float32)
    places = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    known = places[codes[places] == wanted]
    rareness = arrays["ngram_rareness"][known].astype(np.float64)
    unknown = np.log(1 + movies) + 1  # a piece that no title has is as rare as can be
    length = np.sqrt((rareness**2).sum() + (len(wanted) - len(known)) * unknown**2)
    if not known.size:
        return np.zeros(movies, np.float32)
    spans = [slice(starts[one], starts[one + 1]) for one in known]
    rows = np.concatenate([arrays["ngram_rows"][span] for span in spans])
    parts = zip(spans, rareness / length, strict=True)
    weights = np.concatenate([arrays["ngram_weights"][span] * share for span, share in parts])
    return np.bincount(rows, weights, minlength=movies).astype(np.float32)
