"""The users of a table: numbers as they are, or texts that each get a number which stays."""

from array import array
from collections.abc import Mapping
from hashlib import blake2b
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import Int32Array
from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.rows import without_fraction
from auto_deployment.ingest.importing.tables.digest import words_of
from auto_deployment.ingest.importing.tables.numbers import USERS, Numbers, Reasons, read_numbers

_UInt64Array = npt.NDArray[np.uint64]
FIRST_MAPPED = 2**30  # below it are the users of streams, and nearly all of tables with numbers
_MAPPED = 2**30


class Users(Protocol):
    """Reads a column of users as codes, and says which number each code is stored as."""

    def read(self, texts: pa.Array) -> Numbers: ...

    def ids(self, codes: Int32Array) -> Int32Array: ...

    def in_digest(self, codes: Int32Array) -> tuple[Int32Array, _UInt64Array]:
        """Return what stands for each user in a digest: a number, and two words."""


class NumberedUsers:
    """Users that are numbers; a code is the number itself."""

    def read(self, texts: pa.Array) -> Numbers:
        return read_numbers(texts, USERS)

    def ids(self, codes: Int32Array) -> Int32Array:
        return codes

    def in_digest(self, codes: Int32Array) -> tuple[Int32Array, _UInt64Array]:
        return codes, np.zeros((len(codes), 2), np.uint64)


class MappedUsers:
    """Users that are texts. Those of `known` have their numbers; others get one by a hash of their text.

    Numbers are given once all texts are met, in order of the texts: the order of rows does not matter. Where
    the number of a hash is taken, the next hash of that text counts.
    """

    def __init__(self, known: Mapping[str, int]) -> None:
        self.known = known
        self._codes: dict[str, int] = {}
        self._words = array("Q")  # two of each code
        self._numbers: Int32Array = np.empty(0, np.int32)
        self.new: dict[str, int] = {}

    def read(self, texts: pa.Array) -> Numbers:
        coded = texts.dictionary_encode()
        met = [without_fraction(text) for text in coded.dictionary.to_pylist()]
        places = coded.indices.to_numpy()
        codes = np.array([self._code(text) if text else 0 for text in met], np.int64)[places]
        if all(met):
            return Numbers(codes)
        reasons: Reasons = np.array([None if text else Reason.USER_ID for text in met], np.object_)
        return Numbers(codes, reasons[places])

    def ids(self, codes: Int32Array) -> Int32Array:
        if len(self._numbers) < len(self._codes):
            self._give_numbers()
        return self._numbers[codes]

    def in_digest(self, codes: Int32Array) -> tuple[Int32Array, _UInt64Array]:
        return np.zeros_like(codes), np.array(self._words, np.uint64).reshape(-1, 2)[codes]

    def _code(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self._codes)
            self._words.extend(words_of(f"user {text}"))
        return code

    def _give_numbers(self) -> None:
        numbers = {**self.known, **self.new}
        taken = set(numbers.values())
        for text in sorted(self._codes.keys() - numbers.keys()):
            self.new[text] = numbers[text] = _free_number(text, taken)
            taken.add(numbers[text])
        self._numbers = np.array([numbers[text] for text in self._codes], np.int32)


def _free_number(text: str, taken: set[int]) -> int:
    attempt = 0
    while True:
        digest = blake2b(text.encode(), digest_size=8, salt=attempt.to_bytes(8, "little")).digest()
        number = FIRST_MAPPED + int.from_bytes(digest, "little") % _MAPPED
        if number not in taken:
            return number
        attempt += 1
