"""The loop of the one process of an instance that brings events into its store."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lmdb

from app.recent.events import Forgotten, RecentEvent, parse
from app.recent.feed import Feed, Polled
from app.recent.opening import begin_anew, let_go, open_store
from app.recent.reasons import FUTURE, LOST, REASONS, TITLES, UNREADABLE
from app.recent.store import CHUNK
from app.recent.table import TableError
from app.recent.watermark import ModelWatermark

POLL_S = 0.5
STATUS_S = 1.0
FUTURE_S = 600  # clocks that are further apart than this are wrong
MONTH_S = 30 * 86_400

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowerPlace:
    """Where the store is, how large it may grow, and whose events are of use."""

    folder: Path
    max_mb: int
    watermark: ModelWatermark


class Follower:
    """Goes round by `step`, which never raises for what a feed or a store does."""

    def __init__(self, feed: Feed, place: FollowerPlace, now: Callable[[], float] = time.time) -> None:
        self._feed, self._place, self._now = feed, place, now
        self._dropped: Counter[str] = Counter()
        self._applied = 0
        self._forgotten: dict[int, int] = {}
        self._begin(place.watermark.seconds())

    def _begin(self, since_s: int) -> None:
        """Go on where the store ends, or fill a new one."""
        self._store = open_store(self._place.folder, self._place.max_mb)
        self._store.remember({**self._forgotten, **self._store.forgotten})
        self._forgotten = self._store.forgotten
        facts = self._store.facts()
        self._position: str | None = facts.get("position")
        self._since_s = int(facts.get("since_s", since_s))
        self._model_s = int(facts.get("model_s", self._place.watermark.seconds()))
        self._until_s = float(facts.get("status", {}).get("until_s", self._since_s or self._now()))
        self._trouble = ""
        self._forget_after: int | None = facts.get("forget_after")
        self._told_s = 0.0

    def close(self) -> None:
        self._store.close()

    def step(self) -> None:
        """Look once for events and for another model."""
        try:
            self._follow_model()
            timeout_s = POLL_S if self._forget_after is None else 0.0
            self._take(self._feed.poll(self._position, self._since_s, timeout_s))
            if self._store.is_nearly_full:
                oldest_s = max(self._since_s, self._now() - MONTH_S)
                self._store.close()
                let_go(self._place.folder)
                self._begin(int((oldest_s + self._now()) / 2))
        except (lmdb.Error, TableError) as error:
            self._store.close()
            begin_anew(self._place.folder, str(error))
            self._begin(self._since_s)

    def _follow_model(self) -> None:
        """Forget what a later model knows; read again for an earlier one."""
        learnt_s = self._place.watermark.seconds()
        if learnt_s < self._model_s:
            log.info("The model knows less than the one before: events since %d are read again", learnt_s)
            self._position, self._since_s = None, learnt_s
        elif learnt_s > self._since_s:
            log.info("The model knows what was before %d: that is forgotten", learnt_s)
            self._forget_after, self._since_s = -1, learnt_s
        if learnt_s > self._model_s:
            known = {user: until_s for user, until_s in self._store.forgotten.items() if until_s >= learnt_s}
            self._store.remember(known)
            self._forgotten = known
        self._model_s = learnt_s
        if self._forget_after is not None:
            self._forget_after = self._store.forget_before(self._since_s, self._forget_after)

    def _take(self, polled: Polled) -> None:
        is_due = polled.trouble != self._trouble or not 0 <= self._now() - self._told_s < STATUS_S
        self._tell_of(polled.trouble)
        untitled = self._store.untitled
        taken, events = 0, list[RecentEvent]()
        for line in polled.lines:
            event = self._usable(line)
            if isinstance(event, RecentEvent):
                events.append(event)
            if isinstance(event, Forgotten) or len(events) == CHUNK:
                self._store.apply(events, self._since_s)
                taken, events = taken + len(events), []
            if isinstance(event, Forgotten):
                self._store.forget_user(event)
                self._forgotten = self._store.forgotten
                taken += 1
        self._store.apply(events, self._since_s)
        taken += len(events)
        # After the events: whoever is killed in between takes them again, which changes nothing.
        self._position = polled.position
        self._applied += taken
        self._dropped[TITLES] += self._store.untitled - untitled
        self._dropped[LOST] += polled.lost
        if not polled.trouble:
            self._until_s = self._now() if polled.until_s is None else polled.until_s
        if taken or is_due:
            self._store.put(self._facts())
            self._store.tidy()
            self._told_s = self._now()

    def _usable(self, line: bytes) -> RecentEvent | Forgotten | None:
        event = parse(line)
        if event is None:
            self._dropped[UNREADABLE] += 1
        elif isinstance(event, Forgotten):  # by the model, not by what is held: the store may begin later
            return event if event.time_s >= self._model_s else None
        elif event.time_s > self._now() + FUTURE_S:
            self._dropped[FUTURE] += 1
        elif event.time_s >= self._since_s and event.time_s > self._store.forgotten.get(event.user_id, -1):
            return event
        return None

    def _tell_of(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("Recent events: %s", trouble)
        elif self._trouble and not trouble:
            log.info("Recent events: all is well again")
        self._trouble = trouble

    def _facts(self) -> dict[str, Any]:
        return {
            "position": self._position,
            "since_s": self._since_s,
            "model_s": self._model_s,
            "forget_after": self._forget_after,
            "status": {
                "until_s": self._until_s,
                "events": self._store.events,
                "users": self._store.users,
                "applied": self._applied,
                "dropped": {reason: self._dropped[reason] for reason in REASONS},
                "trouble": self._trouble,
            },
        }
