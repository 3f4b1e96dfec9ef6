"""A summary of a stream for `ingest --dry-run`, without keeping its lines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auto_deployment.dataset.events import AccountCreated, Event, Rating, Reason, Recommendation, Watch
from auto_deployment.ingest.open_batch import status_class
from auto_deployment.ingest.rating_scale import rating_of

_EXAMPLES = 3
_EXAMPLE_BYTES = 200
_KINDS = {Watch: "watch", Rating: "rating", Recommendation: "recommendation", AccountCreated: "account"}


@dataclass(slots=True)
class Profile:
    """Counts over all lines that it was given."""

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    ratings: Counter[float] = field(default_factory=Counter)
    users: set[int] = field(default_factory=set)
    movies: set[str] = field(default_factory=set)
    repaired: int = 0
    unknown_movie_lines: int = 0
    outside_scale: Counter[float] = field(default_factory=Counter)
    first_time: datetime | None = None
    last_time: datetime | None = None

    def add_usual(self, event: Event, partition: int, offset: int) -> None:
        self.kinds[_KINDS[type(event)]] += 1
        self.users.add(event.user_id)
        self.first_time = min(self.first_time or event.time, event.time)
        self.last_time = max(self.last_time or event.time, event.time)
        if isinstance(event, Watch | Rating):
            self.movies.add(event.movie_id)

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None:
        self.add_usual(event, partition, offset)
        self.repaired += repaired
        if isinstance(event, Rating):
            self.ratings[event.rating] += 1
        elif isinstance(event, Recommendation):
            self.statuses[status_class(event.status)] += 1

    def reject(self, raw: bytes, reason: Reason, partition: int, offset: int) -> None:
        """Count a line that would not be taken, and keep the first few as examples."""
        self.rejected[reason] += 1
        if reason == Reason.RATING_RANGE and (value := rating_of(raw)) is not None:
            self.outside_scale[value] += 1
        examples = self.examples.setdefault(str(reason), [])
        if len(examples) < _EXAMPLES:
            text = raw[:_EXAMPLE_BYTES].decode("utf-8", "backslashreplace")
            examples.append(f"{partition}:{offset} {text}")

    @property
    def lines(self) -> int:
        return self.kinds.total() + self.rejected.total()

    def as_json(self) -> dict[str, Any]:
        """Return everything for a program; rates are lines a second of the stream's own time."""
        span_s = (
            (self.last_time - self.first_time).total_seconds() if self.first_time and self.last_time else 0.0
        )
        return {
            "lines": self.lines,
            "lines_per_s": round(self.lines / span_s, 3) if span_s else None,
            "first_time": self.first_time and self.first_time.isoformat(),
            "last_time": self.last_time and self.last_time.isoformat(),
            "kinds": dict(self.kinds.most_common()),
            "rejected": dict(self.rejected.most_common()),
            "examples": self.examples,
            "recommendations_by_status": dict(sorted(self.statuses.items())),
            "ratings": {f"{rating:g}": count for rating, count in sorted(self.ratings.items())},
            "users": len(self.users),
            "movies": len(self.movies),
            "repaired": self.repaired,
            "unknown_movie_lines": self.unknown_movie_lines,
        }


def render(profile: Mapping[str, Any]) -> str:
    total = profile["lines"] or 1
    rate = profile["lines_per_s"]
    out = [
        f"{profile['lines']} lines from {profile['first_time']} to {profile['last_time']}",
        f"{rate if rate is not None else '?'} lines/s, {profile['users']} users, {profile['movies']} movies",
        "",
    ]
    for title, counts in (("taken", profile["kinds"]), ("rejected", profile["rejected"])):
        for name, count in counts.items():
            out.append(f"{title:<9} {name:<16} {count:>12} {count / total:>9.3%}")
            out.extend(
                f"          {line}" for line in profile["examples"].get(name, ()) if title == "rejected"
            )
    out += [
        "",
        f"repaired  {profile['repaired']}; of movies not in the catalogue {profile['unknown_movie_lines']}",
        f"ratings   {_counts(profile['ratings'])}",
        f"status    {_counts(profile['recommendations_by_status'])}",
    ]
    return "\n".join(out) + "\n"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"
