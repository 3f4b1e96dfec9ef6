"""Lengths of time as people write them. What programs read stays in seconds."""

from datetime import timedelta

SECONDS_BELOW_S = 120
UNITS_S = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}


def duration(length: timedelta | float) -> str:
    """Return a length (a number: of seconds) in the units that fit: 45 s, 12 min, 2 h 30 min, 1 d 23 h.

    Below two minutes in seconds, otherwise in the two largest units, rounded to the smaller of both. What
    is negative is nothing.
    """
    seconds = max(length.total_seconds() if isinstance(length, timedelta) else length, 0.0)
    if round(seconds) < SECONDS_BELOW_S:
        return f"{round(seconds)} s"
    step_s = 1 if seconds < UNITS_S["h"] else 60 if seconds < UNITS_S["d"] else 3_600
    left_s, words = step_s * round(seconds / step_s), []
    for unit, unit_s in UNITS_S.items():
        count, left_s = divmod(left_s, unit_s)
        if count:
            words.append(f"{count:,} {unit}")
    return " ".join(words)
