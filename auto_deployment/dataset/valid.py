"""Which values an event may have: the parser takes no others, and `check data` finds no others.

How far ahead an event may be is `ingest.future_max_s`; the scale of ratings is its segment's.
"""

from datetime import UTC, datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no platform is older
NOT_ANSWERED = 0  # in place of a status: the platform got no answer
STATUS = (100, 999)
MAX_USER_ID = 1_000_000  # of the stream; tables have ids of their own


def is_status(status: int) -> bool:
    """Tell whether an answer may have this status; servers use numbers that no standard names, too."""
    return status == NOT_ANSWERED or STATUS[0] <= status <= STATUS[1]
