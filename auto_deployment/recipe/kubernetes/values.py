"""A proposal as `deploy/kubernetes` takes it: the file with all that a measurement changes."""

from typing import Any

import yaml

from auto_deployment.recipe.kubernetes.pods import MB
from auto_deployment.recipe.search.scaling import Scaling
from auto_deployment.recipe.search.wish import Deployment


def sizes(deployment: Deployment, scaling: Scaling, service: str, container: str) -> str:
    """Return patches of a Deployment and of its HorizontalPodAutoscaler, by name: `sizes.yaml`."""
    documents = [_deployment(deployment, service, container), _autoscaler(scaling, service, container)]
    text = "---\n".join(yaml.safe_dump(one, sort_keys=False) for one in documents)
    return f"# Written by `marquee recipe`: {deployment}.\n{text}"


def _deployment(deployment: Deployment, service: str, container: str) -> dict[str, Any]:
    size = deployment.size
    amounts = {"cpu": f"{round(1000 * size.cpu)}m"}
    if size.memory_mb is not None:
        amounts["memory"] = str(round(size.memory_mb * MB))
    told = [{"name": "WORKERS", "value": str(size.workers)}, {"name": "THREADS", "value": str(size.threads)}]
    one = {"name": container, "env": told, "resources": {"requests": amounts, "limits": dict(amounts)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service},
        "spec": {"template": {"spec": {"containers": [one]}}},
    }


def _autoscaler(scaling: Scaling, service: str, container: str) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": scaling.target_percent}
    metric = {"container": container, "name": "cpu", "target": target}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": service},
        "spec": {
            "minReplicas": scaling.min_replicas,
            "maxReplicas": scaling.max_replicas,
            "metrics": [{"type": "ContainerResource", "containerResource": metric}],
        },
    }
