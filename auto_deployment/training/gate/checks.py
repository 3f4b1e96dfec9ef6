"""The form of a check: what was measured, what it is held against, and the sentence that says both."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from operator import ge, le, lt
from typing import Any

from auto_deployment.host.codec import LATER
from auto_deployment.training.gate.lists.params import ListDiffParams

Estimate = Mapping[str, float | None]
UNKNOWN: Estimate = {"value": None, "low": None, "high": None}


@dataclass(frozen=True, slots=True)
class GateParams:
    """The `gate` section of `params.yaml`; RMSE on 1-5, shares and losses as fractions."""

    rmse_max: float
    bias_margin: float  # by how much the RMSE must be below that of the biases alone
    champion_rmse_loss_max: float
    coverage_min: float
    common_list_share_max: float
    group_users_min: int  # smaller groups have no veto
    group_ndcg_loss_max: float
    new_events_min: int
    damaged_segments_max: int
    drift_findings_max: int
    probe_users: int
    answer_max_ms: float
    load_max_s: float
    size_max_mb: float
    lists: ListDiffParams = field(default_factory=ListDiffParams, metadata=LATER)


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check. `passed` None: it could not be computed, and so does not count as passed."""

    name: str
    passed: bool | None
    sentence: str
    value: float | None = None
    limit: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """How lists differ from the champion's: a check that is not passed asks for a review, refuses nothing.

    `figures` are those of `ListDifference` as JSON; without checks nothing was compared, as `sentence` says.
    """

    sentence: str
    figures: Mapping[str, Any] | None = None
    checks: tuple[GateCheck, ...] = ()

    @property
    def needs_review(self) -> bool:
        return not all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        return {"review": self.needs_review, **asdict(self)}


@dataclass(frozen=True, slots=True)
class GateResult:
    """All checks of one candidate; it passed only if every one did."""

    checks: tuple[GateCheck, ...]
    lists: ListVerdict = ListVerdict("Lists were not compared.")

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[GateCheck, ...]:
        return tuple(check for check in self.checks if not check.passed)

    def to_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "lists": self.lists.to_json(),
        }


def at_most(name: str, found: Estimate, limit: float, what: str, digits: int = 4) -> GateCheck:
    return _held(name, found, limit, f"{what} {_number(found, digits)}, at most {limit:g} is allowed", le)


def below(name: str, found: Estimate, limit: float, what: str, digits: int = 4) -> GateCheck:
    return _held(name, found, limit, f"{what} {_number(found, digits)}, below {limit:g} is needed", lt)


def at_least(name: str, found: Estimate, limit: float, what: str, digits: int = 4) -> GateCheck:
    return _held(name, found, limit, f"{what} {_number(found, digits)}, at least {limit:g} is needed", ge)


def counted(name: str, value: float, limit: float, what: str) -> GateCheck:
    """Check that a number without an interval is not above a limit."""
    return at_most(name, {"value": value, "low": None, "high": None}, limit, what)


def is_known(*numbers: float | None) -> bool:
    """Tell whether something was measured: no gap, and no division by nothing."""
    return all(number is not None and isfinite(number) for number in numbers)


def not_computable(name: str, why: str, limit: float | None = None) -> GateCheck:
    """Return a check that nothing can be said about."""
    return GateCheck(name, None, why, limit=limit)


def _held(
    name: str, found: Estimate, limit: float, sentence: str, kept: Callable[[float, float], bool]
) -> GateCheck:
    value = found["value"]
    if value is None or not is_known(value):
        return not_computable(name, f"{sentence}.", limit)
    return GateCheck(name, kept(value, limit), f"{sentence}.", value, limit, found["low"], found["high"])


def _number(found: Estimate, digits: int) -> str:
    value, low, high = (found[part] for part in ("value", "low", "high"))
    if value is None or not is_known(value):
        return "could not be measured: the held-out part says nothing about it"
    text = f"is {value:.{digits}g}"
    return text if low is None or high is None else f"{text} ({low:.{digits}g} to {high:.{digits}g})"
