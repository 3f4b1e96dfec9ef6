"""What the sentences of all checks have in common."""

from auto_deployment.release.judge.sequential import Floats


def largest(evidence: Floats) -> float:
    """Once evidence was enough it stays enough: the test promises something about its largest value."""
    return max(float(evidence.max()), 0.0)


def share_of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "no share"


def portion(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({percent(part, whole)})"


def sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
