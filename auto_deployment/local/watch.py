"""The loop of a run: look after everything once a second, and tell a person how it goes."""

import logging
import time
from collections.abc import Sequence
from typing import Protocol

from auto_deployment.host.signals import Stop
from auto_deployment.local.live import RequestCounts, describe
from auto_deployment.local.screen import Screen

log = logging.getLogger(__name__)

TICK_S = 1.0
PLAIN_LINE_EVERY_S = 10.0


class LookedAfter(Protocol):
    """What the loop needs of a session."""

    @property
    def traffic(self) -> RequestCounts: ...
    def step(self) -> None: ...
    def down(self) -> Sequence[str]: ...


def look_after(session: LookedAfter, screen: Screen, stop: Stop) -> None:
    """Go on until somebody wants us to stop; a step that fails is logged, and what runs goes on serving."""
    told, next_line = 0, 0.0
    while not stop.is_set():
        try:
            session.step()
        except Exception:
            log.exception("Looking after the run failed")
        line, now = describe(session.traffic, session.down()), time.monotonic()
        count = session.traffic.by_track.total()
        if screen.live:
            screen.status(line)
        elif now >= next_line and count != told:
            log.info("%s", line)
            told, next_line = count, now + PLAIN_LINE_EVERY_S
        stop.wait(TICK_S)
