"""A proposal as what Compose reads: an environment file and an override."""

from collections.abc import Sequence

import yaml

from auto_deployment.recipe.compose.stats import MB
from auto_deployment.recipe.search.wish import Deployment


def environment(deployment: Deployment) -> str:
    """Return lines for `.env` of Marquee's own project: releases keep what is said there."""
    size = deployment.size
    lines = [f"WORKERS={size.workers}", f"THREADS={size.threads}", f"INSTANCE_CPUS={size.cpu:g}"]
    if size.memory_mb is not None:
        lines.append(f"INSTANCE_MEMORY={round(size.memory_mb * MB)}b")
    return "".join(f"{line}\n" for line in lines)


def override(deployment: Deployment, services: Sequence[str]) -> str:
    """Return an override: limits of each service, and replicas where one service has them all."""
    size = deployment.size
    limits = {"cpus": size.cpu, "mem_limit": size.memory_mb and round(size.memory_mb * MB)}
    told = {"WORKERS": str(size.workers), "THREADS": str(size.threads)}
    found = {name: {**limits, "environment": dict(told)} for name in services}
    if len(services) == 1 and deployment.replicas > 1:
        found[services[0]]["scale"] = deployment.replicas
    return str(yaml.safe_dump({"services": found}, sort_keys=False))
