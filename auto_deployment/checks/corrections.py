"""The corrections among segments: how many there are, and that each has a number of its own."""

from collections import Counter
from collections.abc import Sequence

from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.corrections.names import is_correction, number_of
from auto_deployment.dataset.segments import Segment


def check_corrections(listed: Sequence[Segment]) -> CheckVerdict:
    """Find two corrections of one number: which of them counts could not be told. Raises `SegmentError`."""
    corrections = [one for one in listed if is_correction(one.path)]
    counted = Counter(number_of(one.meta) for one in corrections)
    if twice := [number for number, count in counted.items() if count > 1]:
        names = " and ".join(one.path.name for one in corrections if number_of(one.meta) == twice[0])
        return CheckVerdict("corrections", False, f"{names} have one number: which came later is not known.")
    forgotten = len(read_corrections([one.path for one in corrections]).forgotten)
    sentence = f"Files of corrections: {len(corrections):,}; users forgotten: {forgotten:,}."
    return CheckVerdict("corrections", True, sentence)
