"""What is in an image: the Deployment `release-look` runs it once, for the few lines that it writes down.

It is always there, of no pod: so the controller changes a few Deployments by name, and creates nothing.
"""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from auto_deployment.errors import BadInputError
from auto_deployment.host.durations import duration
from auto_deployment.release.kubernetes.api import Api, Thing
from auto_deployment.release.kubernetes.pods import lacks_image, trouble
from auto_deployment.release.ports import PortError
from auto_deployment.release.release import Build

LOOK = "release-look"
LOOKS_FOR = "marquee/looks-for"
LOOK_MAX_S = 180.0
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in an image."""

    image: str
    image_id: str
    build: Build


def look_into(
    api: Api,
    image: str,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Contents:
    """Return what is in an image. Raises `BadInputError` when it is no release, and `PortError`."""
    mark = uuid.uuid4().hex
    container = {"name": "look", "image": image}
    template = {"metadata": {"annotations": {LOOKS_FOR: mark}}, "spec": {"containers": [container]}}
    api.change_deployment(LOOK, {"spec": {"replicas": 1, "template": template}})
    try:
        give_up_s, said = clock() + LOOK_MAX_S, "no pod was made"
        while clock() < give_up_s:
            for pod in _of(mark, api.pods(LOOK)):
                found = _read(pod, image)
                if found is not None:
                    return found
                said = trouble(pod) or "it starts"
                if lacks_image(pod):
                    raise PortError(said)
            pause(LOOK_EVERY_S)
        raise PortError(f"Nobody could look into {image} within {duration(LOOK_MAX_S)}: {said}")
    finally:
        with suppress(PortError):  # what went wrong before it is the reason; a pod that is left does no harm
            api.change_deployment(LOOK, {"spec": {"replicas": 0}})


def _of(mark: str, pods: list[Thing]) -> list[Thing]:
    return [one for one in pods if (one["metadata"].get("annotations") or {}).get(LOOKS_FOR) == mark]


def _read(pod: Thing, image: str) -> Contents | None:
    """Return what a pod has written down before it ended, None for one that has not ended."""
    for status in pod.get("status", {}).get("containerStatuses") or []:
        ended = status["state"].get("terminated") or status.get("lastState", {}).get("terminated")
        if not ended:
            continue
        try:
            told = json.loads(ended.get("message") or "")
            version, revision = str(told["version"]), str(told["revision"])
            build = Build(f"{version}-{revision}", version, str(told["content_hash"]), revision)
        except (KeyError, TypeError, ValueError) as error:
            reason = " ".join((ended.get("message") or ended.get("reason") or str(error)).split())
            raise BadInputError(f"{image} is no image of the inference service ({reason}).") from error
        return Contents(image, status["imageID"], build)
    return None
