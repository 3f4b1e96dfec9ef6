"""A question to a shard and its answer as they travel: numbers as in memory, the lowest byte first.

A question is a head (mark, length of the version, numbers of the vector, how many movies to name, clusters,
rows, years), the vector (f4), clusters, rows and years (i4), and the version in UTF-8. An answer is a mark,
how many movies, their rows (i4) and how near they are (f4).
"""

import struct

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors
from search.part import Question, Rows

CONTENT_TYPE = "application/octet-stream"
MARK, ANSWER_MARK = b"MSQ1", b"MSA1"
_QUESTION = struct.Struct("<4sHHIIII")
_ANSWER = struct.Struct("<4sI")


class WireError(ValueError):
    """What came is no question, or no answer."""


def question_to_bytes(version: str, question: Question) -> bytes:
    name = version.encode()
    lists = (question.clusters, question.rows, question.years)
    head = _QUESTION.pack(MARK, len(name), len(question.vector), question.count, *map(len, lists))
    numbers = [np.array(one, "<i4").tobytes() for one in lists]
    return b"".join([head, np.ascontiguousarray(question.vector, "<f4").tobytes(), *numbers, name])


def question_from_bytes(content: bytes) -> tuple[str, Question]:
    """Return the version that is asked for, and the question; raise `WireError`."""
    if len(content) < _QUESTION.size or not content.startswith(MARK):
        raise WireError("The body is no question of a gateway, or of another version.")
    _, name, dimensions, count, *lengths = _QUESTION.unpack_from(content)
    numbers = dimensions + sum(lengths)
    if len(content) != _QUESTION.size + 4 * numbers + name:
        raise WireError("The question has not the length that it names.")
    if count < 1:
        raise WireError("The question needs a count of at least 1.")
    vector = np.frombuffer(content, "<f4", dimensions, _QUESTION.size)
    if not np.isfinite(vector).all():
        raise WireError("The vector has numbers that are not finite.")
    lists, at = [], _QUESTION.size + 4 * dimensions
    for length in lengths:
        lists.append(np.frombuffer(content, "<i4", length, at).tolist())
        at += 4 * length
    try:
        version = content[at:].decode()
    except UnicodeDecodeError as error:
        raise WireError("The version is no text.") from error
    return version, Question(vector.astype(np.float32), lists[0], count, lists[1], lists[2])


def answer_to_bytes(rows: Rows, near: Vectors) -> bytes:
    return b"".join([_ANSWER.pack(ANSWER_MARK, len(rows)), _bytes(rows, "<i4"), _bytes(near, "<f4")])


def answer_from_bytes(content: bytes) -> tuple[Rows, Vectors]:
    """Return rows and how near they are; raise `WireError`."""
    if len(content) < _ANSWER.size or not content.startswith(ANSWER_MARK):
        raise WireError("The body is no answer of a shard, or of another version.")
    _, count = _ANSWER.unpack_from(content)
    if len(content) != _ANSWER.size + 8 * count:
        raise WireError("The answer has not the length that it names.")
    rows = np.frombuffer(content, "<i4", count, _ANSWER.size)
    near = np.frombuffer(content, "<f4", count, _ANSWER.size + 4 * count)
    return rows.astype(np.int32), near.astype(np.float32)


def _bytes(numbers: npt.ArrayLike, dtype: str) -> bytes:
    return np.ascontiguousarray(numbers, dtype).tobytes()
