"""Movie ids that stay as they were given, whatever becomes of titles, their order and their number. Pure.

What was given is remembered by catalogue. A source of the same kind is a later state of a catalogue if most
titles of the numbers that both have are alike; else its numbers mean other movies, and it is a new one.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import pandas as pd

from auto_deployment.dataset.catalog import SOURCE_IDS
from auto_deployment.ingest.importing.titles import Title, movie_ids

_MOST_COMPARED = 1_000
_ALIKE = 0.6  # "kite+harbor" and "kite+harbour" are at 0.96, titles that share nothing are below 0.5


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the catalogue says before an import: the rows of `SOURCE_IDS`, and the movie ids it knows."""

    source_ids: pd.DataFrame = field(default_factory=SOURCE_IDS.empty)
    known: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Given:
    """The name of a catalogue, and the movie id that each of its numbers has got already."""

    catalogue: str
    ids: Mapping[str, str]


def given_ids(remembered: Remembered, kind: str, titles: Mapping[str, Title]) -> Given:
    """Return what was given to the catalogue that these titles belong to."""
    catalogues = _catalogues(remembered.source_ids, kind)
    for name, ids in catalogues.items():
        if _is_same(ids, titles):
            return Given(name, ids)
    if catalogues:
        return Given(f"{kind}-{len(catalogues) + 1}", {})
    return Given(kind, _given_before(titles, remembered.known))


def _catalogues(source_ids: pd.DataFrame, kind: str) -> dict[str, dict[str, str]]:
    found = source_ids[source_ids["catalogue"].str.split("-").str[0] == kind]
    return {
        str(name): dict(zip(rows["source_id"], rows["movie_id"], strict=True))
        for name, rows in found.groupby("catalogue")
    }


def _is_same(ids: Mapping[str, str], titles: Mapping[str, Title]) -> bool:
    both = sorted(ids.keys() & titles.keys())
    compared = both[:: len(both) // _MOST_COMPARED + 1]
    return 2 * sum(_alike(one, ids[one], titles[one]) for one in compared) >= len(compared)


def _alike(source_id: str, movie_id: str, title: Title) -> bool:
    """Compare words, for a year may have been corrected."""
    words = movie_id.rpartition("+")[0].removesuffix(f"+{source_id}")
    now = title.words or source_id
    return words == now or SequenceMatcher(None, words, now).ratio() >= _ALIKE


def _given_before(titles: Mapping[str, Title], known: AbstractSet[str]) -> dict[str, str]:
    """Return the ids of a data set from before ids were remembered.

    What the rule gives today is what it gave then. Where it has given a title the source id as a further word
    and would not now, or the other way round, the known one stays; of several numbers the smallest has it.
    """
    given = {one: movie_id for one, movie_id in movie_ids(titles).items() if movie_id in known}
    taken = set(given.values())
    for one in sorted(titles.keys() - given.keys(), key=lambda one: (len(one), one)):
        words, year = titles[one].words or one, titles[one].year or ""
        for movie_id in (f"{words}+{one}+{year}", f"{words}+{year}"):
            if movie_id in known and movie_id not in taken:
                given[one] = movie_id
                taken.add(movie_id)
                break
    return given
