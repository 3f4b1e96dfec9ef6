"""The scales of the ratings: one for each source, and the one that its ratings are on."""

from collections.abc import Iterator, Sequence

from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.dataset.events import Reason
from auto_deployment.dataset.segments import Segment
from auto_deployment.ingest.params import ScaleParams
from auto_deployment.ingest.rating_scale import scale_text, too_many_outside
from auto_deployment.ingest.stored_scales import StoredScales


def check_scales(listed: Sequence[Segment], params: ScaleParams) -> CheckVerdict:
    """Find sources on two scales, and segments of which too many ratings were put aside as out of scale."""
    faults = [*_mixed(listed), *_outside(listed, params)]
    if not faults:
        return CheckVerdict("scales", True, "Every source is on one scale, and its ratings are within it.")
    others = f" {len(faults) - 1} more such faults." if len(faults) > 1 else ""
    return CheckVerdict("scales", False, f"{faults[0]}{others}")


def _mixed(listed: Sequence[Segment]) -> Iterator[str]:
    for scales in StoredScales(listed).mixed():
        named = " and ".join(f"{name} ({scale_text(scale)})" for scale, name in sorted(scales.items()))
        yield f"{named} hold ratings of one source on two scales: remove them and read it again on one."


def _outside(listed: Sequence[Segment], params: ScaleParams) -> Iterator[str]:
    for segment in listed:
        outside = segment.meta.rejected_by_reason.get(Reason.RATING_RANGE, 0)
        inside = segment.meta.counts.get("rating", 0)
        if too_many_outside(outside, inside, params):
            yield (
                f"{outside:,} of {outside + inside:,} ratings of {segment.path.name} were outside of its "
                f"scale {scale_text(segment.meta.rating_scale)}, probably the wrong one: remove what was "
                "read of this source and read it again on the right scale."
            )
