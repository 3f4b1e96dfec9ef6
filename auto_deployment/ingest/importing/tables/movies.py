"""The movies of a table as small numbers, and what each is called here."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from auto_deployment.dataset.arrays import Int32Array, Int64Array
from auto_deployment.dataset.events import Rating, Reason, parse
from auto_deployment.dataset.events.movie_ids import as_of_title
from auto_deployment.ingest.importing.rows import UnusableRowError, without_fraction
from auto_deployment.ingest.importing.tables.digest import words_of

ReadMovie = Callable[[str], str]  # a source's movie -> the id here; raises `UnusableRowError`


_NOT_MET = -(2**31)
_MOST_PLACES = 1 << 24


class Movies:
    """Codes of the movies met so far, from 0 on; negative ones stand for reasons why one cannot be taken."""

    def __init__(self, read_movie: ReadMovie, *, numbers: bool = False) -> None:
        self.ids: list[str] = []  # by code
        self.numbers = numbers  # whether a source's ids are numbers, so that 07 is 7
        self._by_number = np.empty(0, np.int32)
        self._read_movie = read_movie
        self._codes: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self._words: list[tuple[int, int]] = []
        self._refused: list[tuple[str, tuple[int, int]]] = []

    def codes_of(self, texts: Sequence[str]) -> Int32Array:
        codes = list(map(self._codes.get, texts))
        if None in codes:
            codes = [
                self._meet(text) if code is None else code for text, code in zip(texts, codes, strict=True)
            ]
        return np.array(codes, np.int32)

    def codes_of_numbers(self, numbers: Int64Array) -> Int32Array | None:
        """Return the codes of ids that are numbers, `None` if they are too large to be looked up by place."""
        if not len(numbers):
            return np.empty(0, np.int32)
        low, high = int(numbers.min()), int(numbers.max())
        if low < 0 or high >= _MOST_PLACES:
            return None
        if high >= len(self._by_number):
            grown = np.full(high + 1, _NOT_MET, np.int32)
            grown[: len(self._by_number)] = self._by_number
            self._by_number = grown
        codes: Int32Array = self._by_number[numbers]
        if (new := np.unique(numbers[codes == _NOT_MET])).size:
            self._by_number[new] = [self._meet(str(number)) for number in new.tolist()]
            codes = self._by_number[numbers]
        return codes

    def reason(self, code: int) -> str:
        return self._refused[-code - 1][0]

    def words(self) -> npt.NDArray[np.uint64]:
        """Return two words for each code, negative ones too, made of the source's id."""
        refused = [words for _, words in reversed(self._refused)]
        return np.array(self._words + refused, np.uint64).reshape(-1, 2)

    def _meet(self, text: str) -> int:
        source_id = without_fraction(text)
        if self.numbers and source_id.isdecimal():
            source_id = str(int(source_id))
        code = self._sources.get(source_id)
        if code is None:
            try:
                movie_id = self._read_movie(source_id)
            except UnusableRowError as error:
                self._refused.append((error.reason, words_of(source_id)))
                code = -len(self._refused)
            else:
                code = len(self.ids)
                self.ids.append(movie_id)
                self._words.append(words_of(source_id))
            self._sources[source_id] = code
        self._codes[text] = code
        return code


def numbered_movies(ids: Mapping[bytes, str]) -> ReadMovie:
    """Return what reads the movies of a source that has a movie table."""
    by_number = {str(int(source_id)): movie_id for source_id, movie_id in ids.items()}

    def read_movie(source_id: str) -> str:
        movie_id = by_number.get(source_id)
        if movie_id is None:
            raise UnusableRowError(Reason.UNKNOWN_MOVIE if source_id.isdigit() else Reason.MOVIE_ID)
        return movie_id

    return read_movie


def untitled_movies(prefix: str) -> ReadMovie:
    """Return what makes an id of a number that nothing gives a title to; what is no number is one itself."""
    read_named = named_movies(frozenset())

    def read_movie(source_id: str) -> str:
        if source_id.isascii() and source_id.isdigit():
            return f"{prefix}+{source_id}"
        return read_named(source_id)

    return read_movie


def named_movies(known: AbstractSet[str]) -> ReadMovie:
    """Return what reads movie ids as the stream has them; `known`, unless empty, says which there are."""

    def read_movie(source_id: str) -> str:
        rating = parse(b"2000-01-01T00:00,1,GET /rate/" + source_id.lower().encode() + b"=1")
        if not isinstance(rating, Rating):
            raise UnusableRowError(Reason.MOVIE_ID)
        if not known or rating.movie_id in known:
            return rating.movie_id
        if (plain := as_of_title(rating.movie_id)) in known:
            return plain
        raise UnusableRowError(Reason.UNKNOWN_MOVIE)

    return read_movie
