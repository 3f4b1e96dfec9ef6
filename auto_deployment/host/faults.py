"""Log an error that comes back at every look once, then once a minute."""

import logging
from datetime import datetime

from auto_deployment.errors import MarqueeError

log = logging.getLogger(__name__)

SAME_FAULT_EVERY_S = 60.0


class Faults:
    """Logs each fault in full once, and again only after a while: the loop comes round every two seconds."""

    def __init__(self, what: str = "Looking after the release") -> None:
        self._what = what
        self._last: tuple[str, datetime] | None = None

    def log(self, error: Exception, now: datetime) -> None:
        text = f"{type(error).__name__}: {error}"
        since_s = (now - self._last[1]).total_seconds() if self._last else 0.0
        if self._last and self._last[0] == text and since_s < SAME_FAULT_EVERY_S:
            return
        self._last = (text, now)
        if isinstance(error, MarqueeError):
            log.error("%s", error)
        else:
            log.error("%s failed", self._what, exc_info=error)
