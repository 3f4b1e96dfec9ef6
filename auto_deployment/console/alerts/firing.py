"""Which alerts fire or are about to, as Prometheus says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.release.observe.prometheus import Prometheus, Unavailable

PENDING, FIRING = "pending", "firing"
ORDER = {FIRING: 0, PENDING: 1}
SEVERITIES = {"critical": 0, "warning": 1}


@dataclass(frozen=True, slots=True)
class Alert:
    """One of them; labels are those that tell it from others of its name."""

    name: str
    state: str
    severity: str
    since: datetime | None
    labels: Mapping[str, str]
    summary: str
    impact: str
    action: str


def alerts_of(prometheus: Prometheus) -> list[Alert] | Unavailable:
    """Return what fires and is about to, the worst first."""
    data = prometheus.alerts()
    if isinstance(data, Unavailable):
        return data
    try:
        found = [_alert(one) for one in data["alerts"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unavailable("its answer has another form")
    return sorted(found, key=lambda one: (ORDER.get(one.state, 2), SEVERITIES.get(one.severity, 2), one.name))


def _alert(content: Mapping[str, Any]) -> Alert:
    labels = {str(name): str(value) for name, value in content["labels"].items()}
    said = {str(name): str(value) for name, value in content["annotations"].items()}
    since = content.get("activeAt")
    return Alert(
        labels.pop("alertname"),
        str(content["state"]),
        labels.pop("severity", "unknown"),
        None if since is None else _moment(str(since)),
        {name: labels[name] for name in sorted(labels) if name != "area"},
        *(said.get(name, "") for name in ("summary", "impact", "action")),
    )


def _moment(text: str) -> datetime:
    """Read a time with as many digits behind the second as Go writes; raise `ValueError`."""
    found = datetime.fromisoformat(text[:19] + "+00:00")
    if not text.endswith("Z"):
        raise ValueError(f"{text} is not in UTC")
    return found
