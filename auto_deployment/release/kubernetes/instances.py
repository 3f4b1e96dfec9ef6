"""The three instances on Kubernetes: the Deployment `canary` is one, `serving` stands for both stable ones.

A rolling update replaces all of `serving`; the two names show how far it is. `stable-1` is what is asked for,
well once one pod of it is ready; `stable-2` is what is to go, well as long as a pod of it is ready, and then
the same.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auto_deployment.release.kubernetes.api import Api, NotThereError
from auto_deployment.release.kubernetes.images import KubernetesImages
from auto_deployment.release.kubernetes.pods import (
    SERVING,
    Thing,
    image_of,
    is_ready,
    restarts,
    staying,
    trouble,
)
from auto_deployment.release.ports import Sighting
from auto_deployment.release.reconcile import CANARY_NAME, STABLE_NAMES

log = logging.getLogger(__name__)

STARTED = "marquee/started"  # another value replaces the pods


class KubernetesInstances:
    """Deployments of one namespace. Every action may be repeated, and nothing is remembered that must be."""

    def __init__(self, api: Api, images: KubernetesImages) -> None:
        self._api, self._images = api, images
        self._asked_last = ""  # of which release `stable-2` was asked for, while `serving` is being replaced
        self._troubles: set[str] = set()

    def look(self) -> Mapping[str, Sighting]:
        """Return each instance as it is now."""
        serving, canary = self._found(SERVING), self._found(CANARY_NAME)
        pods = {SERVING: staying(self._api.pods(SERVING)), CANARY_NAME: staying(self._api.pods(CANARY_NAME))}
        self._tell([one for found in pods.values() for one in found])
        first, second = self._stables(serving, pods[SERVING])
        (name_1, name_2) = STABLE_NAMES
        return {name_1: first, name_2: second, CANARY_NAME: self._canary(canary, pods[CANARY_NAME])}

    def start(self, name: str, release: str) -> None:
        """Let a Deployment's pods be replaced by those of this release, each once its successor is ready."""
        image = self._images.of(release)
        if name == CANARY_NAME:
            there = self._api.deployment(CANARY_NAME)
            again = image_of(there) == image and _replicas(there) > 0
            self._change(there, image, replicas=max(_replicas(there), 1), anew=again)
            return
        there = self._api.deployment(SERVING)
        if name == STABLE_NAMES[1]:
            self._asked_last = release
        if image_of(there) == image:
            return  # on its way; of pods that are unwell Kubernetes itself replaces the containers
        if name == STABLE_NAMES[0]:
            self._asked_last = ""
        self._change(there, image)

    def remove(self, name: str, stable: str) -> None:
        """Leave no pod of the canary; who scales it up by hand gets what stable runs."""
        self._change(self._api.deployment(name), self._images.of(stable), replicas=0)

    def _found(self, name: str) -> Thing | None:
        try:
            return self._api.deployment(name)
        except NotThereError:
            return None  # `start` says so

    def _stables(self, there: Thing | None, pods: list[Thing]) -> tuple[Sighting, Sighting]:
        if there is None:
            return Sighting(), Sighting()
        image = image_of(there)
        new = [one for one in pods if image_of(one) == image]
        old = [one for one in pods if image_of(one) != image and is_ready(one)]
        asked = self._images.release_of(image)
        first = Sighting(asked, any(is_ready(one) for one in new), restarts(new))
        if not old:
            return first, first
        if self._asked_last == asked:
            return first, Sighting(asked, well=False, restarts=restarts(new))
        return first, Sighting(self._images.release_of(image_of(old[0])), well=True)

    def _canary(self, there: Thing | None, pods: list[Thing]) -> Sighting:
        if there is None or _replicas(there) == 0:
            return Sighting()
        image = image_of(there)
        own = [one for one in pods if image_of(one) == image]
        return Sighting(self._images.release_of(image), any(is_ready(one) for one in own), restarts(own))

    def _change(self, there: Thing, image: str, replicas: int | None = None, anew: bool = False) -> None:
        """Change a Deployment that nobody else has changed since it was read; else raise `PortError`."""
        template: dict[str, Any] = {"spec": {"containers": [{"name": SERVING, "image": image}]}}
        if anew:
            template["metadata"] = {"annotations": {STARTED: datetime.now(UTC).isoformat()}}
        spec: dict[str, Any] = {"template": template}
        if replicas is not None:
            spec["replicas"] = replicas
        version = {"resourceVersion": there["metadata"]["resourceVersion"]}
        self._api.change_deployment(there["metadata"]["name"], {"metadata": version, "spec": spec})

    def _tell(self, pods: list[Thing]) -> None:
        """Log each trouble once for as long as it lasts."""
        found = {said for one in pods if (said := trouble(one))}
        for said in sorted(found - self._troubles):
            log.warning("%s", said)
        self._troubles = found


def _replicas(deployment: Thing) -> int:
    return int(deployment["spec"].get("replicas", 1))
