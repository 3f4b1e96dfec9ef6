"""The `checks` section of `params.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChecksParams:
    """Limits of what the pipeline checks, beside those of the gate."""

    data_age_max_days: float  # of the newest event
    duplicate_share_max: float  # of all ratings
    future_max_s: float  # an event may be so far ahead of the runner's clock
    metric_tolerance: float  # relative: between two machines sums differ in their order
