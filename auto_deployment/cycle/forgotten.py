"""What the published versions of this data directory still hold of forgotten users."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.cycle.champion import current_champion
from auto_deployment.cycle.context import Cycle
from auto_deployment.dataset.corrections.held_record import CATALOGUE, read_held
from auto_deployment.dataset.corrections.wishes import Wish, wishes
from auto_deployment.publish.forgotten_versions import WishFacts, holding, must_go
from auto_deployment.publish.tag_message import TagError, read_tag
from auto_deployment.release.records import read_serving
from auto_deployment.release.store import Store
from auto_deployment.training.workspace import read_json


@dataclass(frozen=True, slots=True)
class Forgotten:
    """All wishes, the versions that hold something of those users, and what is needed for now, and why."""

    wishes: tuple[Wish, ...]
    holds: Mapping[str, set[int]]
    needed: Mapping[str, str]

    def overdue(self, now: datetime, days: int) -> set[str]:
        """Return the versions that have to go now: their time is over, and nothing needs them."""
        return must_go(self.holds, self._facts(), now, days) - set(self.needed)

    def at_once(self) -> set[str]:
        """Return the versions that may go before their time."""
        return set(self.holds) - set(self.needed)

    def _facts(self) -> list[WishFacts]:
        return [WishFacts(one.number, one.name, one.until) for one in self.wishes]


def look_for_forgotten(cycle: Cycle) -> Forgotten:
    """Look at the clone as it is; without one nothing has been published from here."""
    found = tuple(wishes(cycle.paths.segments))
    if not found or not (cycle.layout.clone / ".git").is_dir():
        return Forgotten(found, {}, {})
    gone = read_json(cycle.layout.collected) if cycle.layout.collected.exists() else []
    versions = {
        version: _facts(message) for version, message in cycle.publishing.repository.messages().items()
    }
    facts = [WishFacts(one.number, one.name, one.until) for one in found]
    held = read_held(cycle.paths.forgotten)
    holds = holding(versions, facts, held, held.get(CATALOGUE, set()))
    return Forgotten(
        found, {one: numbers for one, numbers in holds.items() if one not in gone}, _needed(cycle)
    )


def _needed(cycle: Cycle) -> dict[str, str]:
    needed: dict[str, str] = {}
    if champion := current_champion(cycle)["version"]:
        needed[champion] = "the next model is compared with it"
    newest = Store(cycle.paths.releases).newest()
    if newest is not None and newest.release.under_way:
        release = newest.release
        for build in (release.candidate, release.stable):
            needed[build.model_version] = "the release under way needs it"
    if serving := read_serving(cycle.paths):
        needed[serving.model_version] = "it serves"
    return needed


def _facts(message: str) -> dict[str, Any]:
    try:
        return read_tag(message)
    except TagError:
        return {}
