"""The `ingest` section of `params.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchParams:
    """When a batch is closed into a segment: at whichever limit is reached first."""

    max_age_s: float  # since its first line
    max_lines: int
    max_memory_mb: int  # what its columns hold; closing it needs some four times that for a moment


@dataclass(frozen=True, slots=True)
class ScaleParams:
    """How many ratings outside of the scale are more than damage."""

    outside_share_max: float  # of all ratings of a batch
    outside_min: int  # with fewer nothing is said


@dataclass(frozen=True, slots=True)
class QuarantineParams:
    """How many rejected lines are kept."""

    max_mb: int


@dataclass(frozen=True, slots=True)
class ImportingParams:
    """What an import may leave out."""

    max_rejected_share: float  # of a file's lines; above it nothing is written


@dataclass(frozen=True, slots=True)
class CompactionParams:
    """What the segments of a finished day are joined to."""

    max_lines: int  # of one joined segment


@dataclass(frozen=True, slots=True)
class PlatformParams:
    """How politely the platform's information API is asked."""

    requests_per_s: float
    timeout_s: float
    pause_after_failure_s: float
    forget_unknown_after_h: float  # an id that was unknown is asked about again
    write_every_s: float


@dataclass(frozen=True, slots=True)
class DriftParams:
    """What counts as a strong change of a batch against the trailing days."""

    trailing_days: int
    min_lines: int  # in a batch, and in the trailing days, before anything is said
    min_ratings: int
    z: float  # no change that chance could make
    share_factor: float  # of the share of a kind, up or down
    reject_factor: float
    reject_rate: float  # and at least this share rejected
    rating_mean_shift: float  # in standard deviations of the trailing ratings
    rating_deviation_factor: float
    new_title_share: float  # of the lines that name a movie


@dataclass(frozen=True, slots=True)
class IngestParams:
    """How the event stream becomes segments."""

    batch: BatchParams
    stale_after_s: float  # without a line
    retry_write_s: float  # after a write that failed, for lack of room or otherwise
    scale: ScaleParams
    quarantine: QuarantineParams
    importing: ImportingParams
    compaction: CompactionParams
    platform: PlatformParams
    drift: DriftParams
