"""Durations in sentences: what words stand for, and which a person would have to divide by 60."""

import re

from auto_deployment.host.durations import SECONDS_BELOW_S, UNITS_S

COUNT = re.compile(r"([\d,]+(?:\.\d+)?) (d|h|min|s)\b")


def parsed_s(words: str) -> int:
    """Return the seconds that words stand for, which are one or two counts with their units."""
    counts = COUNT.findall(words)
    assert " ".join(f"{count} {unit}" for count, unit in counts) == words
    assert len(counts) in (1, 2)
    return sum(int(count.replace(",", "")) * UNITS_S[unit] for count, unit in counts)


def many_seconds(text: str) -> list[str]:
    """Return the counts of seconds that should have been minutes, hours or days."""
    counts = ((count, float(count.replace(",", ""))) for count, unit in COUNT.findall(text) if unit == "s")
    return [f"{count} s" for count, seconds in counts if seconds >= SECONDS_BELOW_S]
