"""What deploy/kubernetes would deploy, put together without kubectl, by as much of kustomize as it uses."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.project import PROJECT

KUBERNETES = PROJECT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/canary", "overlays/fleet", "overlays/fleet-canary", "overlays/release")
Thing = dict[str, Any]


def documents(path: Path) -> list[Thing]:
    """Return what a file of manifests describes."""
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def rendered(overlay: str) -> dict[tuple[str, str], Thing]:
    """Return (kind, name) -> what `kubectl apply -k` asks for; names of ConfigMaps are without hashes."""
    found: dict[tuple[str, str], Thing] = {}
    _collect(KUBERNETES / overlay, found)
    return found


def deployments(overlay: str) -> dict[str, Thing]:
    """Return name -> Deployment."""
    return {name: one for (kind, name), one in rendered(overlay).items() if kind == "Deployment"}


def pod(deployment: Thing) -> Thing:
    spec: Thing = deployment["spec"]["template"]["spec"]
    return spec


def containers(deployment: Thing) -> Iterator[Thing]:
    """Yield all containers of a pod; those that start before the others and stay have `restartPolicy`."""
    yield from pod(deployment).get("initContainers", [])
    yield from pod(deployment)["containers"]


def given(container: Thing) -> dict[str, Any]:
    """Return a container's own variables; None for what Kubernetes fills in."""
    return {one["name"]: one.get("value") for one in container.get("env", [])}


def _collect(folder: Path, found: dict[tuple[str, str], Thing]) -> None:
    told = documents(folder / "kustomization.yaml")[0]
    for name in told.get("resources", []):
        if (folder / name).is_dir():
            _collect(folder / name, found)
        else:
            found.update({_key(one): one for one in documents(folder / name)})
    for one in told.get("configMapGenerator", []):
        found["ConfigMap", one["name"]] = _config_map(folder, one, found)
    for name in told.get("components", []):
        _collect(folder / name, found)
    _change(folder, told, found)


def _config_map(folder: Path, one: Thing, found: Mapping[tuple[str, str], Thing]) -> Thing:
    data = {name: (folder / name).read_text("utf-8") for name in one.get("files", [])}
    data |= dict(line.split("=", 1) for line in one.get("literals", []))
    before = found["ConfigMap", one["name"]]["data"] if one.get("behavior") == "merge" else {}
    return {"kind": "ConfigMap", "data": {**before, **data}}


def _change(folder: Path, told: Thing, found: dict[tuple[str, str], Thing]) -> None:
    for patch in told.get("patches", []):
        for one in documents(folder / patch["path"]):
            for key in _targets(patch, one, found):
                found[key] = _merged(found[key], {**one, "metadata": {}})
    for image in told.get("images", []):
        for (kind, _), one in found.items():
            if kind == "Deployment":
                _name_image(one, image)


def _targets(patch: Thing, one: Thing, found: Mapping[tuple[str, str], Thing]) -> list[tuple[str, str]]:
    target = patch.get("target")
    if target is None:
        return [_key(one)]
    return [key for key in found if key[0] == target["kind"] and re.fullmatch(target["name"], key[1])]


def _merged(one: Any, other: Any) -> Any:
    """Return a strategic merge: null removes, and lists of things with names are merged by name."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {
            **one,
            **{name: _merged(one[name], new) if name in one else new for name, new in other.items()},
        }
        return {name: value for name, value in found.items() if name not in other or value is not None}
    if isinstance(one, list) and isinstance(other, list) and isinstance(other[0], dict):
        by = next((name for name in ("mountPath", "name") if name in other[0]), None)
        if by is not None:
            old = {item[by]: item for item in one}
            new = {item[by]: item for item in other}
            return list(_merged(old, new).values())
    return other


def _name_image(deployment: Thing, image: Thing) -> None:
    for container in containers(deployment):
        if container["image"].partition(":")[0] == image["name"]:
            container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"


def _key(one: Thing) -> tuple[str, str]:
    return one["kind"], one["metadata"]["name"]
