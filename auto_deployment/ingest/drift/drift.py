"""Does what arrives still look like what arrived lately? Pure: a batch is held against the days before it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from auto_deployment.dataset.schema import KINDS
from auto_deployment.ingest.params import DriftParams

CHECKS = (
    *(f"{kind}_share" for kind in KINDS),
    "reject_rate",
    "rating_mean",
    "rating_deviation",
    "new_titles",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What some lines look like: counts by kind and "rejected", and the moments of the ratings."""

    lines: Mapping[str, int]
    ratings: int = 0
    rating_sum: float = 0.0
    rating_squares: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.lines.values())

    def share(self, kind: str) -> float:
        return self.lines.get(kind, 0) / self.total

    @property
    def mean(self) -> float:
        return self.rating_sum / self.ratings

    @property
    def deviation(self) -> float:
        return math.sqrt(max(self.rating_squares / self.ratings - self.mean**2, 0.0))


@dataclass(frozen=True, slots=True)
class Finding:
    """A strong change: what it is now, what it was, and on how many lines this rests."""

    now: float
    before: float
    lines: int


@dataclass(frozen=True, slots=True)
class History:
    """The trailing days: a sample for each, and the last day on which each title was named."""

    days: Mapping[date, Sample] = field(default_factory=dict)
    titles: Mapping[str, date] = field(default_factory=dict)

    def with_batch(self, day: date, batch: Sample, titles: Iterable[str], keep_days: int) -> "History":
        """Return the history with a batch added, and what is older than `keep_days` forgotten."""
        oldest = day - timedelta(days=keep_days)
        days = {**self.days, day: add((self.days[day], batch) if day in self.days else (batch,))}
        seen = {**self.titles, **{title: max(day, self.titles.get(title, day)) for title in titles}}
        return History(
            {one: sample for one, sample in days.items() if one >= oldest},
            {title: last for title, last in seen.items() if last >= oldest},
        )


def add(samples: Iterable[Sample]) -> Sample:
    """Return several samples as one."""
    lines: dict[str, int] = {}
    ratings, total, squares = 0, 0.0, 0.0
    for sample in samples:
        for kind, count in sample.lines.items():
            lines[kind] = lines.get(kind, 0) + count
        ratings += sample.ratings
        total += sample.rating_sum
        squares += sample.rating_squares
    return Sample(lines, ratings, total, squares)


def find_drift(
    batch: Sample, movie_lines: Mapping[str, int], history: History, params: DriftParams
) -> dict[str, Finding]:
    """Return the checks that find a strong change; none while there is too little to compare with."""
    before = add(history.days.values())
    findings: dict[str, Finding] = {}
    if min(batch.total, before.total) >= params.min_lines:
        findings |= _shares(batch, before, params)
        findings |= _new_titles(movie_lines, history, params)
    if min(batch.ratings, before.ratings) >= params.min_ratings:
        findings |= _ratings(batch, before, params)
    return findings


def _shares(batch: Sample, before: Sample, params: DriftParams) -> dict[str, Finding]:
    findings = {}
    for kind in KINDS:
        now, then = batch.share(kind), before.share(kind)
        factor = params.share_factor
        if (now > then * factor or now * factor < then) and _is_certain(batch, before, kind, params.z):
            findings[f"{kind}_share"] = Finding(now, then, batch.total)
    now, then = batch.share("rejected"), before.share("rejected")
    if now >= params.reject_rate and now > then * params.reject_factor:
        findings["reject_rate"] = Finding(now, then, batch.total)
    return findings


def _is_certain(batch: Sample, before: Sample, kind: str, z: float) -> bool:
    """Compare two shares by the usual test, with their common share as the expected one."""
    common = (batch.lines.get(kind, 0) + before.lines.get(kind, 0)) / (batch.total + before.total)
    error = math.sqrt(common * (1 - common) * (1 / batch.total + 1 / before.total))
    return abs(batch.share(kind) - before.share(kind)) > z * error


def _ratings(batch: Sample, before: Sample, params: DriftParams) -> dict[str, Finding]:
    findings = {}
    error = before.deviation * math.sqrt(1 / batch.ratings + 1 / before.ratings)
    if abs(batch.mean - before.mean) > max(params.rating_mean_shift * before.deviation, params.z * error):
        findings["rating_mean"] = Finding(batch.mean, before.mean, batch.ratings)
    low, high = sorted((batch.deviation, before.deviation))
    if high > low * params.rating_deviation_factor:
        findings["rating_deviation"] = Finding(batch.deviation, before.deviation, batch.ratings)
    return findings


def _new_titles(movie_lines: Mapping[str, int], history: History, params: DriftParams) -> dict[str, Finding]:
    total = sum(movie_lines.values())
    new = sum(count for title, count in movie_lines.items() if title not in history.titles)
    if total < params.min_lines or new < total * params.new_title_share:
        return {}
    return {"new_titles": Finding(new / total, 0.0, total)}
