"""A namespace as what is deployed."""

from collections.abc import Sequence
from itertools import groupby

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.pods import (
    MB,
    Pod,
    Use,
    added,
    limit,
    occupies,
    owner,
    requested,
    uses,
)
from auto_deployment.recipe.resources.ports import ServiceUse

METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces"


class KubernetesNamespace:
    """Looks at the pods of one namespace; a service is what has made them, as a Deployment."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def look(self) -> Sequence[ServiceUse]:
        """Return its services by name; raise `BadInputError` when nothing of it runs."""
        pods = [one for one in self._kubectl.get("pods")["items"] if occupies(one)]
        if not pods:
            raise BadInputError(
                f"Nothing of the namespace {self._kubectl.namespace} runs: name another one with --namespace."
            )
        used = {one.pod: one for one in uses(self._kubectl.raw(metrics(self._kubectl.namespace))["items"])}
        pods.sort(key=owner)
        return [_together(name, list(group), used) for name, group in groupby(pods, owner)]


def metrics(namespace: str) -> str:
    return f"{METRICS}/{namespace}/pods"


def _together(service: str, replicas: Sequence[Pod], used: dict[str, Use]) -> ServiceUse:
    """Add up; of a pod that has just begun nothing is known, and nothing is added."""
    known = [one for pod in replicas if (one := used.get(pod["metadata"]["name"]))]
    return ServiceUse(
        service=service,
        replicas=len(replicas),
        cpu_requested=added([requested(pod, "cpu") for pod in replicas]),
        cpu_limit=_all([limit(pod, "cpu") for pod in replicas]),
        cpu_used=added([one.cores for one in known]),
        memory_requested_mb=_in_mb(added([requested(pod, "memory") for pod in replicas])),
        memory_limit_mb=_in_mb(_all([limit(pod, "memory") for pod in replicas])),
        memory_used_mb=sum(one.memory_mb for one in known),
    )


def _all(values: Sequence[float | None]) -> float | None:
    """Add up; what is unlimited for one is so for all."""
    return None if None in values else added(values)


def _in_mb(value: float | None) -> float | None:
    return None if value is None else value / MB
