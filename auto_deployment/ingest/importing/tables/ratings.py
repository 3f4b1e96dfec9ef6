"""The ratings of a table, and the scale that they show: all of them, not the first ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd

import numpy as np
import numpy.typing as npt

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.rows import UnusableRowError, read_rating
from auto_deployment.ingest.rating_scale import Scale

NO_RATING = "no-rating"  # a row that says that somebody did not rate
_HALF_STARS, _ONE_TO_FIVE, _ONE_TO_TEN = (0.5, 5.0), (1.0, 5.0), (1.0, 10.0)
# Of ratings on 1-10 more are above 5, and of half stars more are halves, than damage makes of others.
_TELLING_SHARE = 0.01
_MICRO = 1_000_000


class RatingReader:
    """Reads the few different texts of a column of ratings; outside of `scale`, if given, is none."""

    def __init__(self, scale: Scale | None, *, decimal_comma: bool, zeros_are_none: bool) -> None:
        self._scale, self._decimal_comma, self._zeros_are_none = scale, decimal_comma, zeros_are_none

    def read(self, texts: Sequence[str]) -> tuple[Float32Array, npt.NDArray[np.object_]]:
        """Return the value of each text, and the reason of each that has none (else `None`)."""
        values = np.zeros(len(texts), np.float32)
        refused = np.full(len(texts), None, np.object_)
        for place, text in enumerate(texts):
            try:
                values[place] = self._read_one(text)
            except UnusableRowError as error:
                refused[place] = error.reason
        return values, refused

    def _read_one(self, text: str) -> float:
        value = read_rating(text, decimal_comma=self._decimal_comma)
        if self._zeros_are_none and value == 0:
            raise UnusableRowError(NO_RATING)
        if self._scale and not self._scale[0] <= value <= self._scale[1]:
            raise UnusableRowError(Reason.RATING_RANGE)
        return value


@dataclass(frozen=True, slots=True)
class Shown:
    """What the ratings of a whole table are, in all."""

    counts: Mapping[float, int]

    def __str__(self) -> str:
        low, high = min(self.counts), max(self.counts)
        return f"{len(self.counts)} different ratings, from {low:g} to {high:g} in steps of {self.step:g}"

    @property
    def step(self) -> float:
        """The largest number of which all ratings are multiples."""
        return reduce(gcd, (round(value * _MICRO) for value in self.counts)) / _MICRO

    def share(self, counts: Counter[float]) -> float:
        return counts.total() / sum(self.counts.values())

    def scale(self, *, own_export: bool = False) -> Scale | None:
        """Return the scale that these ratings can be on, `None` when that is not certain.

        `own_export`: `export` writes 1-5, with any digits after the point.
        """
        low, high, step = min(self.counts), max(self.counts), Fraction(self.step).limit_denominator(_MICRO)
        if own_export and low >= 1 and high <= 5:
            return _ONE_TO_FIVE
        halves = Counter({value: count for value, count in self.counts.items() if value % 1})
        above_five = Counter({value: count for value, count in self.counts.items() if value > 5})
        if low <= 0 or step % Fraction(1, 2) or high > 10 or (len(self.counts) == 1 and high == 1):
            return None
        for telling in (halves, above_five):
            if telling and self.share(telling) <= _TELLING_SHARE:
                return None
        if high > 5:
            return _ONE_TO_TEN if low >= 1 else None
        return _HALF_STARS if halves else _ONE_TO_FIVE
