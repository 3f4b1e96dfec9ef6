"""What a version was made of, as `profile.json` has it, in forms that a page shows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from auto_deployment.console.models.version import mappings
from auto_deployment.console.shown.plot import Plot, plot

Days = Sequence[tuple[str, Mapping[str, int]]]


def days_of(profile: Mapping[str, Any]) -> Days:
    """Return the days with their counts by kind; nothing where they have another form."""
    try:
        return [
            (str(day), {str(kind): int(count) for kind, count in counts.items()})
            for day, counts in profile.get("days") or ()
        ]
    except (TypeError, ValueError, AttributeError):
        return []


def plot_of(days: Days) -> Plot | None:
    """Return the days as a plot, None where there is none."""
    try:
        times = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day, _ in days]
    except ValueError:
        return None
    kinds = sorted({kind for _, counts in days for kind in counts})
    series = {kind: [counts.get(kind, 0) for _, counts in days] for kind in kinds}
    return plot("Events", "a day", times, series) if days else None


def counts_of(profile: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return every count as way of grouping, group, and number."""
    parts = {
        "lines that came in": next(mappings(profile, "lines")),
        "interactions": next(mappings(profile, "kinds")),
        **next(mappings(profile, "groups")),
    }
    return [
        (by, str(name), count)
        for by, groups in parts.items()
        if isinstance(groups, Mapping)
        for name, count in groups.items()
        if isinstance(count, int)
    ]
