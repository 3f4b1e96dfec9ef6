"""The judge's verdict and its checks, as values."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class ReleaseVerdict(StrEnum):
    """What the evidence so far says of the candidate."""

    PROMOTE = "promote"
    ABORT = "abort"
    INCONCLUSIVE = "inconclusive"
    NOT_ENOUGH_EVIDENCE = "not-enough-evidence"
    METRICS_UNAVAILABLE = "metrics-unavailable"


class CheckOutcome(StrEnum):
    """What became of one check; only `broken` aborts, and promotion waits for what is open or not computable.

    What is `absent` nobody measures here and now: it is no pass, and nothing waits for it.
    """

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"
    NOT_COMPUTABLE = "not-computable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: both tracks' values and the limit in the check's own unit, and n, the size of the sample."""

    name: str
    outcome: CheckOutcome
    stable: float | None
    canary: float | None
    limit: float
    n: int
    log_evidence: float | None  # natural logarithm of the e-value against the candidate
    sentence: str


@dataclass(frozen=True, slots=True)
class GroupResult:
    """A comparison with stable within one group; `held` stops a promotion, and never aborts."""

    check: str
    group: str
    stable: float
    canary: float
    limit: float
    n: int
    log_evidence: float
    held: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reason and all checks."""

    verdict: ReleaseVerdict
    reason: str
    checks: tuple[CheckResult, ...]
    window_s: float  # that counted so far
    window_left_s: float
    below_slo_s: float = 0.0  # for so long until now both tracks have been below the SLO: nobody's fault here
    groups: tuple[GroupResult, ...] = ()

    @property
    def held(self) -> bool:
        """Tell whether a person has to look before this is promoted."""
        return any(group.held for group in self.groups)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the release's file and `status --json`."""
        return asdict(self)
