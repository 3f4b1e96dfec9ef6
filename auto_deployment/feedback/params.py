"""The `feedback` section of `params.yaml`."""

from dataclasses import dataclass

from auto_deployment.errors import BadInputError


@dataclass(frozen=True, slots=True)
class CollectParams:
    """When what was read of the edge log becomes a file: at whichever limit is reached first."""

    poll_s: float
    max_age_s: float  # since its first line
    max_lines: int


@dataclass(frozen=True, slots=True)
class JoinParams:
    """What belongs together, and what joining may cost."""

    every_s: float
    match_window_s: float  # between a request in the edge log and the stream's line about it
    clock_difference_max_s: float  # between the host and the stream
    watch_within_h: float  # of the impression it counts for; a title watched so long ago counts as new again
    rate_within_h: float  # of the beginning of the watch
    threads: int
    memory_mb: int  # DuckDB's; above this it uses the disk


@dataclass(frozen=True, slots=True)
class ReportParams:
    """How online measures are taken."""

    days: int
    bootstrap_samples: int
    interval_level: float
    seed: int


@dataclass(frozen=True, slots=True)
class MeasureParams:
    """What is kept of online measures, and what they may cost."""

    keep: int  # files by release; those shown longest ago go first
    settle_days: float  # after a release's end its record follows later joins for so long
    series_hours: float  # that the series by track look back on
    time_share: float  # of the joiner's time that measuring may take

    def __post_init__(self) -> None:
        """Refuse values with which nothing would be measured."""
        if self.keep < 1 or min(self.settle_days, self.series_hours) <= 0 or not 0 < self.time_share <= 1:
            raise BadInputError(
                "feedback: measures: keep must be at least 1, settle_days and series_hours more than 0, and "
                "time_share must lie between 0 and 1."
            )


@dataclass(frozen=True, slots=True)
class FeedbackParams:
    """How what was shown is held against what came of it."""

    keep_days: int
    late_max_h: float  # stream lines that come later are not joined: the edge log is kept for so long
    collect: CollectParams
    join: JoinParams
    report: ReportParams
    measures: MeasureParams

    def __post_init__(self) -> None:
        """Refuse values with which nothing could be joined."""
        collect, join, report = self.collect, self.join, self.report
        needs = {
            "late_max_h must be at least 1": self.late_max_h >= 1,
            "keep_days must be at least 3, and longer than late_max_h": (
                self.keep_days >= 3 and 24 * self.keep_days > self.late_max_h
            ),
            "collect: poll_s and max_age_s must be more than 0, max_lines at least 1": (
                min(collect.poll_s, collect.max_age_s) > 0 and collect.max_lines >= 1
            ),
            "join: every_s and match_window_s must be more than 0": min(join.every_s, join.match_window_s)
            > 0,
            "join: clock_difference_max_s must lie between match_window_s and 1800": (
                join.match_window_s <= join.clock_difference_max_s <= 1800
            ),
            "join: watch_within_h and rate_within_h must lie between 0 and 168": (
                0 < join.watch_within_h <= 168 and 0 < join.rate_within_h <= 168
            ),
            "join: threads must be at least 1, memory_mb at least 128": (
                join.threads >= 1 and join.memory_mb >= 128
            ),
            "report: days and bootstrap_samples must be at least 1": min(
                report.days, report.bootstrap_samples
            )
            >= 1,
            "report: interval_level must lie between 0 and 1": 0 < report.interval_level < 1,
            "report: seed must not be negative": report.seed >= 0,
        }
        for need, fulfilled in needs.items():
            if not fulfilled:
                raise BadInputError(f"feedback: {need}.")
