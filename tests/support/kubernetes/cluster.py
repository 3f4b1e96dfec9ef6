"""A real cluster for tests: its kubectl, a namespace of our own, and the overlay that is deployed there."""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.kubernetes.files import KUBERNETES
from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

TAG = "1"
# The lab's node has no volumes to give: the master's claim gets this folder.
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  claimRef: {{namespace: {name}, name: master}}
  hostPath: {{path: {path}, type: Directory}}
"""
OURS = "marquee-test"  # a label of our pods: others have some on the node, too
# What stands in the kustomization.yaml of this node.
HERE = """labels: [{{pairs: {{{ours}: "true"}}, includeTemplates: true}}]
configMapGenerator:
  - name: store
    behavior: merge
    literals: [MODEL_STORE={store}, AWS_ENDPOINT_URL={endpoint}]
patches:  # a small node that others use as well
  - target: {{kind: Deployment, name: serving|canary}}
    patch: |-
      - {{op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 50m}}
      - {{op: replace, path: /spec/template/spec/initContainers/0/resources/requests/cpu, value: 10m}}
  - target: {{kind: HorizontalPodAutoscaler, name: serving}}
    patch: |-
      - op: replace
        path: /spec/metrics/0/containerResource/target/averageUtilization
        value: 2000
"""
CREDENTIALS = "[default]\naws_access_key_id = who\naws_secret_access_key = a secret\n"
SETTLED_S = 300


class ClusterError(ValueError):
    """The cluster refuses, or does not know yet; the message is its own."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that runs; `lab` is the program that brought it up (tests/cluster/README.md)."""

    lab: str
    config: str  # KUBECONFIG
    namespace: str
    image: str  # of serving; the others are named after it

    @property
    def images(self) -> Mapping[str, str]:
        """Return what each image of the manifests is called here."""
        return {f"marquee{part}": f"{self.image}{part}" for part in ("", "-agent", "-nginx")}

    def kubectl(self, *words: str, given: str | None = None) -> str:
        """Run kubectl in the namespace and return what it prints; raise `ClusterError`."""
        done = subprocess.run(
            ["kubectl", "--namespace", self.namespace, *words],
            env={**os.environ, "KUBECONFIG": self.config},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ClusterError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", *words, "-o", "json"))
        return found

    def load(self) -> None:
        """Copy the images from this host's engine to the node."""
        self.load_images(*(f"{name}:{TAG}" for name in self.images.values()))

    def load_images(self, *images: str) -> None:
        subprocess.run([self.lab, "load", *images], check=True, capture_output=True)

    def apply(self, folder: Path, overlay: str, more: str = "") -> None:
        """Deploy an overlay as a person does, from a folder of one's own; `more` stands in its file."""
        names = "".join(
            f"  - {{name: {name}, newName: {new}, newTag: '{TAG}'}}\n" for name, new in self.images.items()
        )
        folder.mkdir(exist_ok=True)
        (folder / "kustomization.yaml").write_text(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
            f"resources: [{os.path.relpath(KUBERNETES / overlay, folder)}]\nimages:\n{names}{more}",
            "utf-8",
        )
        self.kubectl("apply", "-k", str(folder))

    def rolled_out(self, *names: str) -> None:
        """Wait until Deployments are what was asked for."""
        for name in names:
            self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={SETTLED_S}s")

    def replace(self, name: str) -> None:
        """Replace all pods of a Deployment, as an update does."""
        self.kubectl("rollout", "restart", f"deployment/{name}")
        self.rolled_out(name)

    def pods(self, app: str) -> list[str]:
        """Return the pods of a Deployment that are ready and not about to go."""
        return [
            one["metadata"]["name"]
            for one in self.get("pods", "-l", f"app={app}")["items"]
            if "deletionTimestamp" not in one["metadata"] and _is_ready(one)
        ]

    def names(self, app: str) -> list[str]:
        """Return all pods of a Deployment, also those that are about to go."""
        return [one["metadata"]["name"] for one in self.get("pods", "-l", f"app={app}")["items"]]

    def front(self) -> str:
        """Return where NGINX is reached inside the cluster, and from its node."""
        address: str = self.get("service", "front")["spec"]["clusterIP"]
        return address

    def confirmed(self, app: str = "serving", channel: str = "stable") -> set[str | None]:
        """Return the versions that answer, by what the agents of all pods have been told."""
        return {self.agent(pod)["channels"][channel]["confirmed"] for pod in self.pods(app)}

    def agent(self, pod: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("exec", pod, "-c", "agent", "--", "cat", "/fleet/agent.json")
        )
        return found

    def edge_s(self, last: int) -> list[float]:
        """Return how many seconds the last requests for lists took that each NGINX has noted."""
        found: list[float] = []
        for pod in self.pods("front"):
            text = self.kubectl(
                "exec", pod, "-c", "nginx", "--", "tail", "-n", str(last), "/edge/logs/edge.log"
            )
            lines = [json.loads(line) for line in text.splitlines()]
            found += [line["request_time"] for line in lines if line["user"]]
        return found

    def describe(self) -> str:
        """Return the pods, for the message of a test that waits in vain."""
        return self.kubectl("get", "pods,hpa", "-o", "wide")


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions: Sequence[Mapping[str, str]] = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def node_address(cluster: Cluster) -> str:
    """Return where pods reach this host."""
    (node,) = cluster.get("nodes")["items"]
    found: str = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    return found


def build(cluster: Cluster) -> None:
    """Build the images as docs/kubernetes.md says."""
    made = (
        ("", "app/Dockerfile", ("--build-arg=MODEL=none",)),
        ("-agent", "auto_deployment/Dockerfile", ()),
        ("-nginx", "nginx/Dockerfile", ()),
    )
    for part, file, more in made:
        name = f"{cluster.image}{part}:{TAG}"
        docker("build", "-q", "-t", name, "-f", str(PROJECT / file), *more, str(PROJECT), timeout_s=1800)


def prepare(cluster: Cluster, disk: Path) -> None:
    """Make the secrets that docs/kubernetes.md asks for, and a volume for the master's database."""
    for name, key, value in (
        ("store-reads", "credentials", CREDENTIALS),
        ("store-writes", "credentials", CREDENTIALS),
        ("fleet-node", "token", secrets.token_hex()),
        ("fleet-operator", "token", secrets.token_hex()),
    ):
        cluster.kubectl("create", "secret", "generic", name, f"--from-literal={key}={value}")
    disk.chmod(0o777)
    cluster.kubectl("apply", "-f", "-", given=VOLUME.format(name=cluster.namespace, path=disk))


@contextmanager
def cluster_up(lab: str, namespace: str, image: str, keep: bool) -> Iterator[Cluster]:
    """Bring the cluster up with an empty namespace; end both, or keep the cluster."""
    said = subprocess.run([lab], check=True, capture_output=True, text=True).stdout
    config = re.search(r"KUBECONFIG=(\S+)", said)
    assert config is not None, said
    cluster = Cluster(lab, config[1], namespace, image)
    try:
        cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found")
        cluster.kubectl("create", "namespace", namespace)
        yield cluster
    finally:
        if keep:
            cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found")
        else:
            subprocess.run([lab, "down"], check=True, capture_output=True)


def eventually_ready(cluster: Cluster, app: str, count: int, within_s: float = SETTLED_S) -> None:
    """Wait until so many pods of a Deployment, and no other number, are ready."""
    eventually(lambda: len(cluster.pods(app)) == count, within_s, 1, cluster.describe)
