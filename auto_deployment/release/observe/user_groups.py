"""Gender and age band of the catalogue's users, for counts by group."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.dataset.catalog import UNKNOWN, USERS, CatalogError, age_bands
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

GroupsOf = Callable[[str], tuple[str, ...]]


def nobody(user: str) -> tuple[str, ...]:
    """Return the groups of a user of whom nothing is known."""
    return ()


def user_groups(feedback: Path | None) -> Callable[[], GroupsOf] | None:
    """Return what reads the catalogue beside the folder of feedback, None where there is no feedback."""
    if feedback is None:
        return None

    def read() -> GroupsOf:
        try:
            return UserGroups.read(Paths(feedback.parent).catalog).of
        except CatalogError as error:
            log.warning("Groups of users are not compared: %s", error)
            return nobody

    return read


class UserGroups:
    """Who belongs to which groups; nine bytes a user. Read once a release: who comes later is in none."""

    def __init__(self, users: Int64Array, codes: Int64Array, names: list[tuple[str, ...]]) -> None:
        self._users, self._codes, self._names = users, codes.astype(np.uint8), names

    @classmethod
    def read(cls, catalog: Path) -> Self:
        """Read the catalogue's users; there may be none. Raise `CatalogError` for a damaged file."""
        frame = USERS.read(catalog).sort_values("user_id")
        age = frame["age"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        gender = frame["gender"].fillna(UNKNOWN).to_numpy(dtype=object)
        pairs = [f"{one}\n{other}" for one, other in zip(gender, age_bands(age), strict=True)]
        kinds, codes = np.unique(np.array(pairs, dtype=object), return_inverse=True)
        names = [_names(*kind.split("\n")) for kind in kinds]
        return cls(frame["user_id"].to_numpy(np.int64), codes, names)

    def of(self, user: str) -> tuple[str, ...]:
        """Return the groups of a user, as "gender F"; none where the catalogue does not say."""
        if not (user.isascii() and user.isdigit() and len(user) < 19):
            return ()
        place = int(self._users.searchsorted(int(user)))
        if place == len(self._users) or self._users[place] != int(user):
            return ()
        return self._names[int(self._codes[place])]


def _names(gender: str, age: str) -> tuple[str, ...]:
    pairs = (("gender", gender), ("age", age))
    return tuple(f"{by} {value}" for by, value in pairs if value != UNKNOWN)
