"""The result of one check, and how a list of results is printed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """One check: what was looked at, whether it is in order, and the sentence with the numbers."""

    name: str
    passed: bool
    sentence: str


def table(verdicts: Sequence[CheckVerdict]) -> str:
    """Return a line for each, what failed last, so that it stands at the end of a job's log."""
    width = max((len(one.name) for one in verdicts), default=0)
    ordered = sorted(verdicts, key=lambda one: not one.passed)
    lines = [f"{'ok  ' if one.passed else 'FAIL'} {one.name:<{width}}  {one.sentence}" for one in ordered]
    return "".join(f"{line}\n" for line in lines)
