"""Values in the units in which people think of them. Pure."""

from datetime import datetime

from auto_deployment.host.durations import duration


def value(found: float | None, unit: str) -> str:
    """Return a value in its unit, a dash for what is not known."""
    if found is None:
        return "\u2013"
    return percent(found) if unit == "percent" else unit.format(found)


def percent(share: float) -> str:
    """Return a share with as many digits as say something: 0.42 %, 3.1 %, 27 %."""
    shown = 100 * share
    digits = 0 if shown == 0 or shown >= 10 else 1 if shown >= 1 and shown != round(shown) else 2
    return f"{shown:.{digits}f} %" if shown != round(shown) else f"{shown:.0f} %"


def clock(time: datetime | None) -> str:
    """Return a time as a person writes it, to the minute."""
    return "unknown" if time is None else f"{time:%Y-%m-%d %H:%M} UTC"


def within(time: datetime, now: datetime) -> str:
    """Return a time, and how far away it is."""
    return f"{clock(time)} (in {duration(time - now)})" if time > now else clock(time)


def size(count: int) -> str:
    """Return a number of bytes."""
    if count < 1_000_000:
        return f"{count / 1000:,.1f} kB"
    return f"{count / 1_000_000:,.1f} MB"


def number(found: float | None) -> str:
    """Return a number of any unit, a dash for what is not known."""
    if found is None:
        return "\u2013"
    if found == round(found) and abs(found) < 1e12:
        return f"{found:,.0f}"
    return f"{found:.4g}"
