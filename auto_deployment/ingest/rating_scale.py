"""Whether a stream rates on the scale that it is read on: what ratings outside of it probably mean. Pure."""

import re
from collections.abc import Mapping

from auto_deployment.ingest.params import ScaleParams

Scale = tuple[float, float]
_KNOWN: tuple[Scale, ...] = ((1, 5), (0.5, 5), (0, 5), (1, 10), (0, 10), (1, 100), (0, 100))
_VALUES_NAMED = 12
_last_rating = re.compile(rb"=([0-9]{1,2}(?:\.[0-9])?)[^=]*\Z").search


def rating_of(raw: bytes) -> float | None:
    """Return the rating of a line that was rejected for it."""
    found = _last_rating(raw)
    return None if found is None else float(found[1])


def scale_text(scale: Scale) -> str:
    return f"{scale[0]:g}-{scale[1]:g}"


def too_many_outside(outside: int, inside: int, params: ScaleParams) -> bool:
    """Tell whether more ratings lie outside of the scale than damage explains."""
    return outside >= params.outside_min and outside > params.outside_share_max * (outside + inside)


def doubt(outside: Mapping[float, int], inside: int, scale: Scale, params: ScaleParams) -> str:
    """Return the sentence about ratings outside of the scale, counted by value; empty where they are few."""
    count = sum(outside.values())
    if not too_many_outside(count, inside, params):
        return ""
    named = ", ".join(f"{value:g}" for value in sorted(outside)[:_VALUES_NAMED])
    more = " and others" if len(outside) > _VALUES_NAMED else ""
    return (
        f"{count:,} of {count + inside:,} ratings are outside of RATING_SCALE={scale_text(scale)} and put "
        f"aside: {named}{more}. The stream probably rates on {_probable(outside, scale)}; then those that "
        "were taken mean something else, too: stop, set RATING_SCALE, and begin again with an empty DATA_DIR."
    )


def _probable(outside: Mapping[float, int], scale: Scale) -> str:
    low, high = min(*outside, scale[0]), max(*outside, scale[1])
    return next((scale_text(one) for one in _KNOWN if one[0] <= low and high <= one[1]), "another scale")
