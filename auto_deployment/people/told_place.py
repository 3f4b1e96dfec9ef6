"""The instances: they drop what they hold of a user when their feed of recent events says so."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from app.recent.events import Forgotten, render
from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.host.files import replace_text
from auto_deployment.ingest.recent.sinks import SinkError
from auto_deployment.ingest.recent.wiring import sink_of
from auto_deployment.paths import Paths
from auto_deployment.people.places import Held

log = logging.getLogger(__name__)


class Instances:
    """Tells each wish through the feed, again whenever it is asked: hearing it twice changes nothing."""

    name = "instances"

    def __init__(self, paths: Paths, recent: RecentSettings) -> None:
        self._told = paths.forgotten_told
        self._recent = recent

    def report(self, user_id: int) -> list[str]:
        """Return nothing: what they hold has come through segments, too."""
        return []

    def forget(self, wish: Wish) -> int:
        """Tell the instances; where they cannot be told, say so, and go on with what else there is to do."""
        sink = sink_of(self._recent)
        assert sink is not None
        try:
            sink.send([render(Forgotten(int(wish.until.timestamp()), wish.user_id))])
        except SinkError as error:
            self._remember({**self._known(), wish.name: False})
            log.warning("The instances do not know yet that user %d is forgotten: %s", wish.user_id, error)
            return 0
        self._remember({**self._known(), wish.name: True})
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        if not self._known().get(wish.name, False):
            again = f"they have not been told yet: `forget {wish.user_id}` again tells them"
            yield Held("instances", "what the user has just seen or rated, and a list of his own", again)
        if self._recent.redis_url:
            goes = "once 1,000,000 newer ones have come, or Redis is begun anew; no instance takes them"
            yield Held("Redis", "perhaps events of the user that instances were told", goes)

    def _known(self) -> Mapping[str, Any]:
        try:
            known = json.loads(self._told.read_bytes())
        except (OSError, ValueError):  # telling again is safe
            return {}
        return known if isinstance(known, dict) else {}

    def _remember(self, told: Mapping[str, Any]) -> None:
        replace_text(self._told, json.dumps(told))
