"""A question to a shard and its answer as they travel: JSON, with numbers in base64."""

import base64
import binascii
from typing import Any

import numpy as np
import numpy.typing as npt

from search.embedding import Vectors
from search.part import Question, Rows


class WireError(ValueError):
    """What came is no question, or no answer."""


def question_to_plain(version: str, question: Question) -> dict[str, Any]:
    return {
        "version": version,
        "vector": _text(question.vector, "<f4"),
        "clusters": list(question.clusters),
        "count": question.count,
        "rows": list(question.rows),
        "years": list(question.years),
    }


def question_from_plain(content: Any) -> tuple[str, Question]:
    """Return the version that is asked for, and the question; raise `WireError`."""
    try:
        version, count = content["version"], content["count"]
        lists = [content[name] for name in ("clusters", "rows", "years")]
        vector = _numbers(content["vector"], "<f4").astype(np.float32)
    except (KeyError, TypeError) as error:
        raise WireError(f"The question lacks {error}.") from error
    if not isinstance(version, str) or type(count) is not int or count < 1:
        raise WireError("The question needs a version and a count of at least 1.")
    if not all(isinstance(one, list) and all(type(number) is int for number in one) for one in lists):
        raise WireError("clusters, rows and years must be lists of whole numbers.")
    return version, Question(vector, lists[0], count, lists[1], lists[2])


def answer_to_plain(rows: Rows, near: Vectors) -> dict[str, str]:
    return {"rows": _text(rows, "<i4"), "near": _text(near, "<f4")}


def answer_from_plain(content: Any) -> tuple[Rows, Vectors]:
    """Return rows and how near they are; raise `WireError`."""
    try:
        rows, near = _numbers(content["rows"], "<i4"), _numbers(content["near"], "<f4")
    except (KeyError, TypeError) as error:
        raise WireError(f"The answer lacks {error}.") from error
    if len(rows) != len(near):
        raise WireError("The answer has not one number for each row.")
    return rows.astype(np.int32), near.astype(np.float32)


def _text(numbers: npt.NDArray[Any], dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, dtype).tobytes()).decode()


def _numbers(text: Any, dtype: str) -> npt.NDArray[Any]:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype)
    except (binascii.Error, ValueError) as error:
        raise WireError(f"Numbers are not in base64 ({error}).") from error
