"""Instances to be measured: a Deployment of their own beside the one that serves, and nobody is led to it."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from auto_deployment.host.processes import identity
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.pattern import LABEL, WHO, Pattern
from auto_deployment.recipe.kubernetes.pods import Pod, occupies, requested
from auto_deployment.recipe.kubernetes.quantities import number
from auto_deployment.recipe.kubernetes.samples import sampling
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.search.instances import Address, RunningInstances, is_ready
from auto_deployment.recipe.search.ports import Size

READY_WITHIN_S, LOOK_S, ENDS_WITHIN_S, KNOWN_WITHIN_S = 180.0, 1.0, 60.0, 90.0
WARM_S, WARM_RATE = 3.0, 20.0


@dataclass(frozen=True, slots=True)
class KubernetesBench:
    """Starts pods as a Deployment has them, but for size and labels; asks them at their own addresses."""

    kubectl: Kubectl
    pattern: Pattern
    audience: Audience  # users, seed and time-out; its targets are those of the pods
    cores: float
    ready_path: str = "/health/ready"
    path: str = "/recommend/{user}"

    @contextmanager
    def opened(self, size: Size, replicas: int) -> Iterator[RunningInstances]:
        """Start instances, wait until all are ready, warm them, wait until their use is told."""
        name = f"marquee-recipe-{uuid.uuid4().hex[:8]}"
        with self._deployed(name, size, replicas):
            found = self._ready(name, replicas)
            pods = [address.name for address in found]
            watched = partial(sampling, self.kubectl, pods, self.pattern.container)
            instances = RunningInstances(found, self.audience, (), self.path, watched)
            instances.load([Step(WARM_S, WARM_RATE * replicas)])
            self._known(pods)
            yield instances

    @contextmanager
    def _deployed(self, name: str, size: Size, replicas: int) -> Iterator[None]:
        """Keep a Deployment for as long as the block lasts, or this process.

        Who removes it is started before it, and waits for the end of what we could write to it: that comes
        also when we are killed.
        """
        words = self.kubectl.words(
            "delete", "deployment", name, "--cascade=foreground", "--ignore-not-found",
            f"--timeout={ENDS_WITHIN_S:g}s",
        )  # fmt: skip
        remover = subprocess.Popen(
            ["sh", "-c", 'cat; exec "$@"', "sh", *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            self.kubectl.apply(self.pattern.manifest(name, size, replicas, identity(os.getpid()) or ""))
            yield
        finally:
            remover.communicate()

    def _ready(self, name: str, replicas: int) -> list[Address]:
        """Wait for all pods; raise `RecipeError` with what keeps one from getting ready."""
        deadline = time.monotonic() + READY_WITHIN_S
        pods: list[Pod] = []
        while time.monotonic() < deadline:
            pods = self.kubectl.get("pods", f"--selector={LABEL}={name}")["items"]
            found = [self._address(pod) for pod in pods if pod.get("status", {}).get("podIP")]
            if len(found) == replicas and all(is_ready(one, self.ready_path) for one in found):
                return found
            time.sleep(LOOK_S)
        raise RecipeError(
            f"{replicas} instance(s) of {self.pattern.service} did not get ready at {self.ready_path} within "
            f"{READY_WITHIN_S:.0f} s ({_trouble(pods)}): pods have to be reached from here, so run this on a "
            "node of the cluster or in a pod."
        )

    def _address(self, pod: Pod) -> Address:
        return Address(pod["metadata"]["name"], pod["status"]["podIP"], self.pattern.port)

    def _known(self, pods: Sequence[str]) -> None:
        """Wait until something is told of each pod: a new one is told of after two looks of the cluster."""
        deadline = time.monotonic() + KNOWN_WITHIN_S
        while time.monotonic() < deadline:
            with sampling(self.kubectl, pods, self.pattern.container) as samples:
                pass
            if {pod for pod, _ in samples.found} == set(pods):
                return
            time.sleep(LOOK_S)
        raise RecipeError(
            "The metrics API tells nothing of the instances: is metrics-server installed in this cluster?"
        )


def _trouble(pods: Sequence[Pod]) -> str:
    """Return what the cluster says of the first pod that is not ready."""
    for pod in pods:
        status = pod.get("status", {})
        waiting = [one.get("state", {}).get("waiting") for one in status.get("containerStatuses") or ()]
        refused = [one for one in status.get("conditions") or () if one.get("status") == "False"]
        for one in [*waiting, *refused]:
            if one and (said := one.get("message") or one.get("reason")):
                return str(said)
    return "no pod was made" if not pods else "it says nothing of why"


def free_cores(kubectl: Kubectl) -> float:
    """Return the cores of ready nodes that no pod asks for: others keep theirs."""
    nodes = [one for one in kubectl.get("nodes")["items"] if _takes_pods(one)]
    pods = kubectl.get("pods", "--all-namespaces")["items"]
    names = {one["metadata"]["name"] for one in nodes}
    kept = sum(
        requested(one, "cpu") or 0.0 for one in pods if occupies(one) and one["spec"]["nodeName"] in names
    )
    return max(0.0, sum(number(one["status"]["allocatable"]["cpu"]) for one in nodes) - kept)


def _takes_pods(node: Pod) -> bool:
    ready = [one for one in node["status"]["conditions"] if one["type"] == "Ready"]
    return bool(ready) and ready[0]["status"] == "True" and not node["spec"].get("unschedulable")


def remove_leftovers(kubectl: Kubectl) -> int:
    """Remove Deployments that a measurement on this host has left; return how many there were."""
    boot = (identity(os.getpid()) or " ").split()[0]
    left = []
    for one in kubectl.get("deployments", f"--selector={LABEL}")["items"]:
        who = (one["metadata"].get("annotations") or {}).get(WHO, "")
        words = who.split()
        if len(words) == 3 and words[0] == boot and words[1].isdecimal() and identity(int(words[1])) != who:
            left.append(one["metadata"]["name"])
    if left:
        kubectl.run("delete", "deployment", *left, "--ignore-not-found", "--wait=false")
    return len(left)
