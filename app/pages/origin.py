"""Where the answer on a page comes from, and how old what it knows is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.serving import ServedModel

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Origin:
    """The last lines of a page; `recent` is None where no recent events are followed."""

    version: str
    release: str
    track: str
    trained: str
    recent: str | None


def origin(serving: ServedModel, status: Mapping[str, Any] | None, now: datetime) -> Origin:
    """Say which model answered; `status` is what the lists say of recent events."""
    manifest = serving.recommender.model.manifest
    return Origin(
        serving.recommender.model.version,
        serving.release,
        serving.track,
        _trained(manifest.get("created_at"), now),
        None if status is None else _recent(status.get("age_s")),
    )


def spoken(seconds: float) -> str:
    """Return a duration in its largest whole unit: "3 days"."""
    size, unit = next((one for one in UNITS if seconds >= one[0]), UNITS[-1])
    count = max(int(seconds // size), 0)
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _trained(created_at: object, now: datetime) -> str:
    try:
        at = datetime.fromisoformat(str(created_at))
    except ValueError:
        return "at a time that the model does not say"
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{spoken((now - at).total_seconds())} ago ({at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def _recent(age_s: float | None) -> str:
    if age_s is None:
        return "nothing is known yet of what people watched since the training"
    return f"what people watched is known up to {spoken(age_s)} ago"
