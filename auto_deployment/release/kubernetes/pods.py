"""What a Deployment and its pods say of themselves. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SERVING = "serving"  # the container that answers, in both Deployments
NO_IMAGE = frozenset({"ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName"})
NO_START = frozenset(
    {"CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "ImageInspectError"}
)
Thing = Mapping[str, Any]


def image_of(thing: Thing, container: str = SERVING) -> str:
    """Return the image that a Deployment's template, or a pod, names for a container; empty: none."""
    spec = thing["spec"].get("template", thing)["spec"]
    return next((str(one["image"]) for one in spec["containers"] if one["name"] == container), "")


def is_ready(pod: Thing) -> bool:
    """Tell whether a pod gets requests and is not about to go."""
    conditions: Sequence[Thing] = pod.get("status", {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def staying(pods: Iterable[Thing]) -> list[Thing]:
    """Return the pods that are not about to go and have not ended."""
    return [
        one
        for one in pods
        if "deletionTimestamp" not in one["metadata"]
        and one.get("status", {}).get("phase") not in ("Failed", "Succeeded")
    ]


def restarts(pods: Iterable[Thing]) -> int:
    """Return how often the container of that pod ended which ended most often."""
    return max((int(status.get("restartCount", 0)) for pod in pods for status in _statuses(pod)), default=0)


def trouble(pod: Thing) -> str:
    """Return why a pod's container does not run, in a sentence; empty: it does, or it will."""
    name = pod["metadata"]["name"]
    for status in _statuses(pod):
        reason, message = _waiting(status)
        if reason in NO_IMAGE:
            return f"{name}: the image {status.get('image')} cannot be pulled ({reason}: {message})."
        if reason in NO_START:
            return f"{name}: {reason}: {message}."
    for one in pod.get("status", {}).get("conditions") or []:
        if one["type"] == "PodScheduled" and one["status"] == "False":
            return f"{name}: no node takes it ({one.get('message', one.get('reason', 'no reason given'))})."
    return ""


def lacks_image(pod: Thing) -> bool:
    """Tell whether a pod waits for an image that it does not get."""
    return any(_waiting(status)[0] in NO_IMAGE for status in _statuses(pod))


def _waiting(status: Thing) -> tuple[str, str]:
    """Return why a container waits, in a word and in a sentence; both empty where it does not."""
    waiting = status.get("state", {}).get("waiting") or {}
    return waiting.get("reason", ""), " ".join(str(waiting.get("message", "")).split())


def _statuses(pod: Thing) -> list[Thing]:
    found: list[Thing] = pod.get("status", {}).get("containerStatuses") or []
    return found
