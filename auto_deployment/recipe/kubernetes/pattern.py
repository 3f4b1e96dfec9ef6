"""A Deployment as the pattern of instances to be measured."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.pods import MB
from auto_deployment.recipe.search.ports import Size

LABEL = "marquee.recipe"  # whose value tells one measurement from another
WHO = "marquee.recipe/process"
# It serves nobody: nothing is counted as shown, nobody tells it of recent events, no fleet knows of it.
ALONE = {"IMPRESSIONS": "off", "REDIS_URL": "", "MASTER_URL": ""}
# It ends at once, as nobody has to forget it first.
ENDS_WITHIN_S = 2


@dataclass(frozen=True, slots=True)
class Pattern:
    """The template of a Deployment's pods, the container in it that answers, and its port."""

    service: str
    template: Mapping[str, Any]
    identity: frozenset[str]  # labels by which its Deployment knows its pods
    container: str
    port: int

    def labels(self, name: str) -> dict[str, str]:
        """Return what instances are labelled with: nothing by which the Deployment's own are known."""
        given = self.template["metadata"].get("labels") or {}
        return {key: value for key, value in given.items() if key not in self.identity} | {LABEL: name}

    def manifest(self, name: str, size: Size, replicas: int, who: str) -> dict[str, Any]:
        """Return a Deployment of instances of a size; what it asks for is also all that it gets."""
        spec = deepcopy(dict(self.template["spec"]))
        spec.pop("topologySpreadConstraints", None)
        spec.pop("affinity", None)  # it says where those go whose labels these are not
        spec["terminationGracePeriodSeconds"] = ENDS_WITHIN_S
        spec["containers"] = [
            self._sized(one, size) for one in spec["containers"] if one["name"] == self.container
        ]
        spec["initContainers"] = [_with(one, ALONE) for one in spec.get("initContainers") or ()]
        annotations = dict(self.template["metadata"].get("annotations") or {}) | {
            "prometheus.io/scrape": "false"
        }
        meta = {"labels": self.labels(name), "annotations": annotations}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": {LABEL: name}, "annotations": {WHO: who}},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {LABEL: name}},
                "template": {"metadata": meta, "spec": spec},
            },
        }

    def _sized(self, container: Mapping[str, Any], size: Size) -> dict[str, Any]:
        amounts = {"cpu": f"{round(1000 * size.cpu)}m"}
        if size.memory_mb is not None:
            amounts["memory"] = str(round(size.memory_mb * MB))
        told = ALONE | {"WORKERS": str(size.workers), "THREADS": str(size.threads)}
        found = _with(container, told) | {"resources": {"requests": amounts, "limits": dict(amounts)}}
        found.pop("lifecycle", None)
        return found


def _with(container: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """Return a container that is told something else; where a variable stands keeps its order."""
    given = [one for one in container.get("env") or () if one["name"] not in told]
    return {**container, "env": [*given, *({"name": name, "value": value} for name, value in told.items())]}


def pattern_of(kubectl: Kubectl, service: str, port: int | None) -> Pattern:
    """Read a Deployment; raise `BadInputError` when it is not there, or does not say where it listens."""
    listed = kubectl.get("deployments")["items"]
    found = next((one for one in listed if one["metadata"]["name"] == service), None)
    if found is None:
        names = sorted(
            one["metadata"]["name"] for one in listed if LABEL not in one["metadata"].get("labels", {})
        )
        raise BadInputError(
            f"There is no Deployment {service} in the namespace {kubectl.namespace}: "
            + (f"choose one of {', '.join(names)} with --services." if names else "deploy it first.")
        )
    template = found["spec"]["template"]
    containers = template["spec"]["containers"]
    container = next((one for one in containers if one["name"] == service), containers[0])
    pattern = Pattern(
        service, template, frozenset(found["spec"]["selector"]["matchLabels"]), container["name"],
        port or _port(container, service),
    )  # fmt: skip
    _refuse_users(kubectl, pattern)
    return pattern


def _port(container: Mapping[str, Any], service: str) -> int:
    told = {one["name"]: one.get("value", "") for one in container.get("env") or ()}.get("PORT", "")
    named = [one["containerPort"] for one in container.get("ports") or ()]
    if told.isdecimal():
        return int(told)
    if not named:
        raise BadInputError(f"{service} does not say on which port it listens: name it with --port.")
    return int(named[0])


def _refuse_users(kubectl: Kubectl, pattern: Pattern) -> None:
    """Raise `RecipeError` when a Service would lead users to what is measured."""
    labels = pattern.labels("measured").items()
    for one in kubectl.get("services")["items"]:
        selector = one["spec"].get("selector") or {}
        if selector and selector.items() <= labels:
            raise RecipeError(
                f"The Service {one['metadata']['name']} would lead users to instances that are measured, by "
                f"{selector}: let it select by a label that the Deployment {pattern.service} selects by, too."
            )
