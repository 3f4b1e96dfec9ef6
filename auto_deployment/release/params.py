"""The `release` section of `params.yaml`."""

from dataclasses import dataclass, field

from auto_deployment.errors import BadInputError
from auto_deployment.host.codec import LATER


@dataclass(frozen=True, slots=True)
class WatchedParams:
    """When fewer users who watch something from their lists are harm."""

    tolerated_ratio: float = 1.1  # of stable's share of users to the canary's; within groups: 1
    ratios: tuple[float, ...] = (1.1, 1.25, 1.5, 2.0, 4.0)  # alternatives, times the tolerated ratio
    hold_alpha: float = 0.05  # chance that a harmless candidate waits for a person because of any group
    stale_s: float = 1800.0  # without a new count: nobody counts

    def __post_init__(self) -> None:
        """Refuse values under which the test would promise nothing."""
        needs = {
            "tolerated_ratio must be at least 1": self.tolerated_ratio >= 1,
            "ratios must all be above 1": _all_above_one(self.ratios),
            "hold_alpha must lie between 0 and 1": 0 < self.hold_alpha < 1,
            "stale_s must be more than 0": self.stale_s > 0,
        }
        for need, fulfilled in needs.items():
            if not fulfilled:
                raise BadInputError(f"release: judge: watched: {need}.")


@dataclass(frozen=True, slots=True)
class JudgeParams:
    """What a candidate must show, and in which time; docs/evidence.md explains the tests."""

    window_s: float  # of evidence, before a candidate may be promoted
    max_window_s: float  # then it is aborted as inconclusive
    metrics_unavailable_max_s: float
    mean_latency_max_ms: float  # of successful recommend requests on the canary
    slo_bad_share: float  # of users whose first answer may be bad
    min_users: int  # on the canary
    slow_ms: float  # an attempt that takes longer is slow; read with the log, so that no replay changes it
    slo_span_s: float  # so far back the judge looks whether the service itself is below its SLO
    alpha: float  # chance of aborting a harmless candidate; the four comparisons with stable share it
    beta: float  # chance of taking a broken SLO for a kept one, or `excluded_ratio` for less
    tolerated_ratio: float  # of the canary's rate to stable's
    harm_ratios: tuple[float, ...]  # alternatives, times the tolerated ratio
    excluded_ratio: float  # of the canary's rate to stable's: shown to be less, a broken SLO is not its fault
    excluded_ratios: tuple[float, ...]  # alternatives to it, times stable's rate
    slo_broken_ratios: tuple[float, ...]  # alternatives, times the SLO's share
    slo_kept_ratios: tuple[float, ...]
    watched: WatchedParams = field(default_factory=WatchedParams, metadata=LATER)

    def __post_init__(self) -> None:
        """Refuse values under which the tests would promise nothing."""
        needs = {
            "window_s must be more than 0 and not more than max_window_s": 0
            < self.window_s
            <= self.max_window_s,
            "metrics_unavailable_max_s must not be negative": self.metrics_unavailable_max_s >= 0,
            "mean_latency_max_ms must be more than 0": self.mean_latency_max_ms > 0,
            "min_users must be at least 1": self.min_users >= 1,
            "slow_ms and slo_span_s must be more than 0": self.slow_ms > 0 and self.slo_span_s > 0,
            "alpha and beta must lie between 0 and 1": 0 < self.alpha < 1 and 0 < self.beta < 1,
            "slo_bad_share must lie between 0 and 1": 0 < self.slo_bad_share < 1,
            "tolerated_ratio must be at least 1": self.tolerated_ratio >= 1,
            "harm_ratios must all be above 1": _all_above_one(self.harm_ratios),
            "excluded_ratios must all lie between 0 and excluded_ratio, which is above tolerated_ratio": bool(
                self.excluded_ratios
            )
            and all(0 < ratio < self.excluded_ratio for ratio in self.excluded_ratios)
            and self.excluded_ratio > self.tolerated_ratio,
            "slo_broken_ratios must all be above 1, and below 1 times slo_bad_share": _all_above_one(
                self.slo_broken_ratios
            )
            and max(self.slo_broken_ratios) * self.slo_bad_share < 1,
            "slo_kept_ratios must all lie between 0 and 1": bool(self.slo_kept_ratios)
            and all(0 < ratio < 1 for ratio in self.slo_kept_ratios),
        }
        for need, fulfilled in needs.items():
            if not fulfilled:
                raise BadInputError(f"release: judge: {need}.")


@dataclass(frozen=True, slots=True)
class ReleaseParams:
    """How a release goes."""

    tick_s: float  # one evaluation each
    poll_s: float  # how often the controller looks at what runs and at what was said
    start_max_s: float  # for an instance to become healthy
    warming_s: float  # what happens meanwhile is no evidence
    settle_s: float  # so long the first stable serves the candidate before the second gets it
    unwell_max_s: float  # then an instance is recreated
    away_max_s: float  # without an instance that was there when the evidence began; then it begins anew
    canary_restarts_max: int  # more of them, by Docker or by the controller: aborted
    keep_images: int  # of past releases, beside those in use
    judge: JudgeParams

    def __post_init__(self) -> None:
        """Refuse values with which a release could not go on."""
        needs = {
            "tick_s, poll_s and start_max_s must be more than 0": min(
                self.tick_s, self.poll_s, self.start_max_s
            )
            > 0,
            "warming_s, settle_s, unwell_max_s and away_max_s must not be negative": min(
                self.warming_s, self.settle_s, self.unwell_max_s, self.away_max_s
            )
            >= 0,
            "canary_restarts_max must not be negative": self.canary_restarts_max >= 0,
            "keep_images must be at least 1": self.keep_images >= 1,
        }
        for need, fulfilled in needs.items():
            if not fulfilled:
                raise BadInputError(f"release: {need}.")


def _all_above_one(ratios: tuple[float, ...]) -> bool:
    return bool(ratios) and all(ratio > 1 for ratio in ratios)
