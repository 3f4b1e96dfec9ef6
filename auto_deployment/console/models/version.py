"""A version and what is known of it, wherever that stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from auto_deployment.publish.naming import MINUTE, VERSION

Facts = Mapping[str, Any]


class Place(StrEnum):
    """Where a version is."""

    PUBLISHED = "published"
    REVIEW = "waits for a person"
    HERE = "trained here"


@dataclass(frozen=True, slots=True)
class Version:
    """`facts` are those of a tag; where they cannot be read they are empty and `damage` says why."""

    name: str
    place: Place
    facts: Facts = field(default_factory=dict)
    damage: str = ""

    @property
    def metrics(self) -> dict[str, float | None]:
        """Return what was measured; what is no number is left out."""
        found = self.facts.get("metrics")
        if not isinstance(found, Mapping):
            return {}
        return {
            str(name): None if one is None else float(one)
            for name, one in found.items()
            if one is None or (isinstance(one, int | float) and not isinstance(one, bool))
        }

    @property
    def gate(self) -> str:
        """Return how the gate decided, in a word."""
        found = self.facts.get("gate")
        if not isinstance(found, Mapping) or "passed" not in found:
            return "not asked"
        return "passed" if found["passed"] else "refused"


def is_version(name: str) -> bool:
    """Tell whether a name is a version's; one of the thirteenth month is not."""
    try:
        return VERSION.fullmatch(name) is not None and bool(made_at(name))
    except ValueError:
        return False


def made_at(name: str) -> datetime:
    """Return when a version was made, by its name; raise `ValueError` for a time that cannot be."""
    return datetime.strptime(name[:MINUTE], "%Y%m%dT%H%M").replace(tzinfo=UTC)


def mappings(facts: Facts, *names: str) -> Iterator[Facts]:
    """Yield parts of the facts, an empty one for what is missing or has another form."""
    for name in names:
        found = facts.get(name)
        yield found if isinstance(found, Mapping) else {}
