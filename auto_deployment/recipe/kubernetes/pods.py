"""Pods: whose they are, what is kept free for them, what they may take and what they use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.recipe.kubernetes.quantities import number

MB = 1_000_000.0
ENDED = {"Succeeded", "Failed"}
Pod = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Use:
    """What the metrics API says of a pod: the mean of `window_s` seconds until a moment of the clock."""

    pod: str
    until_s: float  # seconds since 1970
    window_s: float
    cores: float
    memory_mb: float


def owner(pod: Pod) -> str:
    """Return the name of what has made a pod; of a Deployment's pods, that of the Deployment."""
    meta = pod["metadata"]
    made_by = next(iter(meta.get("ownerReferences") or ()), None)
    if made_by is None:
        return str(meta["name"])
    name = str(made_by["name"])
    template = (meta.get("labels") or {}).get("pod-template-hash")
    return name.removesuffix(f"-{template}") if made_by["kind"] == "ReplicaSet" and template else name


def occupies(pod: Pod) -> bool:
    """Tell whether something is kept free for a pod: from its place on a node until it has ended."""
    return bool(pod["spec"].get("nodeName")) and pod.get("status", {}).get("phase") not in ENDED


def requested(pod: Pod, resource: str) -> float | None:
    """Return what a node keeps free for a pod, in cores or bytes; None where no container asks for any.

    Containers and sidecars run together. An ordinary init container runs before them, beside the sidecars
    that have begun before it.
    """
    spec, sidecars, highest, asked = pod["spec"], 0.0, 0.0, False
    for one in spec.get("initContainers") or ():
        value = _of(one, "requests", resource)
        asked = asked or value is not None
        if one.get("restartPolicy") == "Always":
            sidecars += value or 0.0
        else:
            highest = max(highest, sidecars + (value or 0.0))
    values = [_of(one, "requests", resource) for one in spec["containers"]]
    together = sidecars + sum(value or 0.0 for value in values)
    asked = asked or any(value is not None for value in values)
    return max(highest, together) if asked else None


def limit(pod: Pod, resource: str) -> float | None:
    """Return what all that runs together may take; None where one container has no limit."""
    spec = pod["spec"]
    running = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    values = [_of(one, "limits", resource) for one in [*running, *spec["containers"]]]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _of(container: Mapping[str, Any], kind: str, resource: str) -> float | None:
    found = ((container.get("resources") or {}).get(kind) or {}).get(resource)
    return None if found is None else number(found)


def uses(items: Iterable[Mapping[str, Any]], container: str | None = None) -> list[Use]:
    """Read the items of the metrics API (PodMetrics), of one container of each pod, or of all together."""
    found = []
    for one in items:
        used = [each["usage"] for each in one["containers"] if container in (None, each["name"])]
        if used:
            found.append(
                Use(
                    pod=one["metadata"]["name"],
                    until_s=datetime.fromisoformat(one["timestamp"]).timestamp(),
                    window_s=_seconds(one["window"]),
                    cores=sum(number(each["cpu"]) for each in used),
                    memory_mb=sum(number(each["memory"]) for each in used) / MB,
                )
            )
    return found


def _seconds(duration: str) -> float:
    """Read a duration as Go writes it: 10.5s, 1m0.02s."""
    minutes, _, seconds = duration.rpartition("m")
    return 60 * float(minutes or 0) + float(seconds.removesuffix("s") or 0)


def added(values: Sequence[float | None]) -> float | None:
    """Add up what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
