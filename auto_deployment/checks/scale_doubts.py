"""Do the ratings of a source look like those of the scale under which it is stored? Pure.

What is plainly wrong, ratings outside of their scale or two scales, is `checks.scales`'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.ingest.rating_scale import Scale, scale_text

_FEWEST = 5  # ratings, below which nothing follows from values that are missing


@dataclass(frozen=True, slots=True)
class SourceRatings:
    """The ratings of one source: its scale, and how often each value is there."""

    name: str
    scale: Scale
    values: Mapping[float, int]
    imported: bool  # from a file, which may be imported again


def doubt_scales(sources: Iterable[SourceRatings]) -> CheckVerdict:
    """Warn of each source whose ratings look as if they were given on another scale. Nothing fails."""
    doubts = [f"{one.name} {doubt}; {_way_back(one)}" for one in sources if (doubt := _doubt(one))]
    if not doubts:
        return CheckVerdict("scale doubts", True, "The ratings of every source fit its scale.")
    return CheckVerdict("scale doubts", True, " ".join(f"{doubt}." for doubt in doubts), warning=True)


def _doubt(source: SourceRatings) -> str | None:
    ratings = sum(source.values.values())
    if ratings < _FEWEST:
        return None
    stored = f"is stored on {scale_text(source.scale)}, but"
    low, high, most = *source.scale, max(source.values)
    if low % 1 and not any(value % 1 for value in source.values):
        return f"{stored} all of its {ratings:,} ratings are whole ({min(source.values):g} to {most:g})"
    if most <= low + (high - low) / 2:
        return f"{stored} none of its {ratings:,} ratings is above {most:g}"
    return None


def _way_back(source: SourceRatings) -> str:
    if source.imported:
        return f"if that is wrong, `import --replace {source.name} --scale LOW-HIGH FILE` stores them anew"
    return "if that is wrong, set RATING_SCALE to the stream's scale and read it into an empty DATA_DIR"
