"""Where something may be held about a user, and the promise that each such place makes.

Whoever stores something by user joins `places_of` with a class of its own: then `forget`, `forget --status`
and `events report` know of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from auto_deployment.dataset.corrections.wishes import Wish


@dataclass(frozen=True, slots=True)
class Held:
    """Something that is still there of a forgotten user: where, what, and when or how it goes."""

    where: str
    what: str
    goes: str


class Place(Protocol):
    """A store of one kind."""

    @property
    def name(self) -> str: ...

    def report(self, user_id: int) -> Any:
        """Return all that is held about a user, for JSON; something false where nothing is."""

    def forget(self, wish: Wish) -> int:
        """Remove what was stored up to the wish, as far as that can be done now; return how much that was.

        May be called again at any time, and after a kill in its middle.
        """

    def held(self, wish: Wish) -> Iterator[Held]:
        """Yield what is still there of what the wish covers."""


def reports(places: Sequence[Place], user_id: int) -> Mapping[str, Any]:
    """Return what each place holds about a user, without those that hold nothing."""
    found = {place.name: place.report(user_id) for place in places}
    return {name: content for name, content in found.items() if content}
