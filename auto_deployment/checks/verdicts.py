"""The result of one check, and how a list of results is printed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """One check: what was looked at, whether it is in order, and the sentence with the numbers.

    A `warning` has passed: what it says may be meant.
    """

    name: str
    passed: bool
    sentence: str
    warning: bool = False


def table(verdicts: Sequence[CheckVerdict]) -> str:
    """Return a line for each, warnings and then what failed last: at the end of a job's log."""
    width = max((len(one.name) for one in verdicts), default=0)
    ordered = sorted(verdicts, key=lambda one: (not one.passed, one.warning))
    lines = [f"{_word(one):<4} {one.name:<{width}}  {one.sentence}" for one in ordered]
    return "".join(f"{line}\n" for line in lines)


def _word(verdict: CheckVerdict) -> str:
    if not verdict.passed:
        return "FAIL"
    return "WARN" if verdict.warning else "ok"
