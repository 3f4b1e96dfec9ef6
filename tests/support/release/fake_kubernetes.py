"""As much of Kubernetes' API as releases use, with Deployments and pods that a test moves by hand."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from auto_deployment.release.kubernetes.api import Api

NAMESPACE = "shop"
TOKEN = "of-the-pod"
OBJECT = re.compile(rf"/(?:api|apis/apps)/v1/namespaces/{NAMESPACE}/(\w+)(?:/([\w-]+))?")
Thing = dict[str, Any]


def deployment(name: str, image: str, replicas: int, container: str = "serving") -> Thing:
    return {
        "metadata": {"name": name, "resourceVersion": "1"},
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {}, "spec": {"containers": [{"name": container, "image": image}]}},
        },
    }


def pod(name: str, app: str, image: str, ready: bool = True, restarts: int = 0, **status: Any) -> Thing:
    """Return a pod; `status` is put into its container's status."""
    container = "look" if app == "release-look" else "serving"
    said = {"name": container, "image": image, "restartCount": restarts, "state": {"running": {}}, **status}
    return {
        "metadata": {"name": name, "uid": f"uid-of-{name}", "labels": {"app": app}},
        "spec": {"containers": [{"name": container, "image": image}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [said],
            "podIP": "127.0.0.1",
        },
    }


class FakeKubernetes:
    """Objects by kind and name; `fails` is answered instead of doing anything."""

    def __init__(self, first: str) -> None:
        self.objects: dict[tuple[str, str], Thing] = {
            ("deployments", "serving"): deployment("serving", first, 2),
            ("deployments", "canary"): deployment("canary", first, 1),
            ("deployments", "release-look"): deployment("release-look", "marquee", 0, "look"),
            ("services", "canary"): {"metadata": {"name": "canary"}, "spec": {"selector": {"app": "canary"}}},
        }
        self.pods: list[Thing] = []
        self.fails: tuple[int, str] | None = None
        self.patches: list[tuple[str, Thing]] = []
        self.changed_by_others = False  # between each look and each change
        self.contents: dict[str, Thing] = {}  # image -> the status of the container that looks into it

    def deployment(self, name: str) -> Thing:
        return self.objects["deployments", name]

    def image(self, name: str) -> str:
        found: str = self.deployment(name)["spec"]["template"]["spec"]["containers"][0]["image"]
        return found

    def selector(self) -> Thing:
        found: Thing = self.objects["services", "canary"]["spec"]["selector"]
        return found

    def answer(self, verb: str, path: str, body: Thing | None, token: str) -> tuple[int, Thing]:
        """Return status and body."""
        if self.fails is not None:
            return self.fails[0], {"message": self.fails[1]}
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        split = urlsplit(path)
        match = OBJECT.fullmatch(split.path)
        if match is None:
            return 404, {"message": f"no such path: {path}"}
        kind, name = match[1], match[2]
        if kind == "pods":
            (label,) = parse_qs(split.query)["labelSelector"]
            return 200, {
                "items": [one for one in self.pods if f"app={one['metadata']['labels']['app']}" == label]
            }
        if (kind, name) not in self.objects:
            return 404, {"message": f'{kind} "{name}" not found'}
        if verb == "PATCH" and body is not None:
            return self._patch(kind, name, body)
        return 200, self.objects[kind, name]

    def _patch(self, kind: str, name: str, body: Thing) -> tuple[int, Thing]:
        found = self.objects[kind, name]
        version = found["metadata"].get("resourceVersion", "1")
        if self.changed_by_others:
            version = found["metadata"]["resourceVersion"] = str(int(version) + 1)
        if body.get("metadata", {}).get("resourceVersion", version) != version:
            return 409, {"message": "the object has been modified"}
        self.patches.append((name, body))
        self.objects[kind, name] = changed = merged(found, body)
        changed["metadata"]["resourceVersion"] = str(int(version) + 1)
        if name == "release-look":
            self._look(changed)
        return 200, changed

    def _look(self, changed: Thing) -> None:
        """Make the pod that looks, or end it."""
        self.pods = [one for one in self.pods if one["metadata"]["labels"]["app"] != "release-look"]
        image = self.image("release-look")
        if changed["spec"]["replicas"] and image in self.contents:
            made = pod("release-look-1", "release-look", image, ready=False, **self.contents[image])
            made["metadata"]["annotations"] = changed["spec"]["template"]["metadata"]["annotations"]
            self.pods.append(made)


def merged(one: Any, other: Any) -> Any:
    """Return a strategic merge: null removes, and lists of things with names are merged by name."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {**one, **{name: merged(one.get(name), value) for name, value in other.items()}}
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(one, list) and isinstance(other, list):
        by = {item["name"]: item for item in one}
        return list({**by, **{item["name"]: merged(by.get(item["name"]), item) for item in other}}.values())
    return other


@contextmanager
def fake_kubernetes(folder: Path, first: str) -> Iterator[tuple[FakeKubernetes, Api]]:
    """Serve until it is no longer needed; `first` is the image of both Deployments."""
    fake = FakeKubernetes(first)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = fake.answer(self.command, self.path, body, self.headers["Authorization"])
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PATCH = answer

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    token = folder / "token"
    token.write_text(f"{TOKEN}\n", "utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield fake, Api(f"http://127.0.0.1:{server.server_port}", NAMESPACE, token)
        server.shutdown()
