"""Which published versions still hold something of forgotten users, and which have to go when. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class WishFacts:
    """What retention has to know of a wish: its number, the segment that holds it, and since when."""

    number: int
    name: str
    since: datetime


def holding(
    versions: Mapping[str, Mapping[str, Any]],
    wishes: Collection[WishFacts],
    held: Mapping[str, Collection[int]],
    in_catalogue: Collection[int],
) -> dict[str, set[int]]:
    """Return the numbers of the wishes by the versions that hold something of those users.

    `versions` have the provenance of each; one that names no segments may hold anything.
    `held` says which segments held something of whom, `in_catalogue` whom the catalogue knew. A version also
    holds the models of its champion and of the version it went on from, for those are inputs of its flow.
    """
    own = {version: _own(facts, wishes, held, in_catalogue) for version, facts in versions.items()}
    found = {}
    for version, facts in versions.items():
        others = (facts.get("champion") or {}).get("version"), facts.get("parent")
        if numbers := own[version].union(*(own.get(str(other), set()) for other in others)):
            found[version] = numbers
    return found


def due(since: datetime, days: int) -> datetime:
    """Return by when versions that hold something of a user have to go."""
    return since + timedelta(days=days)


def must_go(
    holds: Mapping[str, Collection[int]], wishes: Collection[WishFacts], now: datetime, days: int
) -> set[str]:
    """Return the versions whose time is over."""
    late = {wish.number for wish in wishes if due(wish.since, days) <= now}
    return {version for version, numbers in holds.items() if late.intersection(numbers)}


def _own(
    facts: Mapping[str, Any],
    wishes: Collection[WishFacts],
    held: Mapping[str, Collection[int]],
    in_catalogue: Collection[int],
) -> set[int]:
    listed = (facts.get("data") or {}).get("segments")
    if listed is None:
        return {wish.number for wish in wishes}
    names = {Path(name).stem for name in listed}
    in_segments = {number for name in names for number in held.get(name, ())}
    before = {wish.number for wish in wishes if wish.name not in names}
    return in_segments | before.intersection(in_catalogue)
