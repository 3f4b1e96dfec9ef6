"""Releases on a real cluster: what is deployed for them, in a hurry, and what a person asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from auto_deployment.paths import Paths
from auto_deployment.release.release import Release
from auto_deployment.release.store import Store
from tests.support.kubernetes.cluster import TAG, Cluster
from tests.support.kubernetes.files import KUBERNETES
from tests.support.project import PROJECT
from tests.support.systems.candidates import Candidate, Workshop
from tests.support.systems.containers import docker
from tests.support.systems.stack import CODE_REVISION
from tests.support.waiting import eventually

PROMETHEUS = "prom/prometheus:v3.5.3"
# For a test, minutes are seconds; pods start on two cores that others use as well.
QUICK_RELEASE = {"tick_s": 2, "poll_s": 1, "warming_s": 5, "settle_s": 3, "start_max_s": 90}
QUICK_JUDGE = {"window_s": 40, "max_window_s": 400, "min_users": 100, "metrics_unavailable_max_s": 120}
ENDS_WITHIN_S = 420.0
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {namespace}-{claim}}}
spec:
  capacity: {{storage: 5Gi}}
  accessModes: [ReadWriteOnce]
  claimRef: {{namespace: {namespace}, name: {claim}}}
  hostPath: {{path: {path}, type: Directory}}
---"""
CLAIMS = ("releases", "prometheus")
HERE = """configMapGenerator:
  - {name: params, files: [params.yaml]}
  - {name: release, behavior: merge, literals: [PARAMS_FILE=/params/params.yaml]}
  - {name: prometheus, behavior: merge, files: [prometheus.yml]}
patches:  # a small node that others use as well
  - target: {kind: Deployment, name: serving|canary}
    patch: |-
      - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 50m}
  - target: {kind: HorizontalPodAutoscaler, name: serving}
    patch: |-
      - op: replace
        path: /spec/metrics/0/containerResource/target/averageUtilization
        value: 2000
  - target: {kind: Deployment, name: release-controller}
    patch: |-
      - {op: add, path: /spec/template/spec/volumes/-, value: {name: params, configMap: {name: params}}}
      - op: add
        path: /spec/template/spec/containers/0/volumeMounts/-
        value: {name: params, mountPath: /params, readOnly: true}
"""


@dataclass(frozen=True, slots=True)
class ReleasesThere:
    """A cluster with overlays/release, and what a person does with releases there."""

    cluster: Cluster
    workshop: Workshop
    disk: Path  # the controller's volume, which is a folder of this host

    def marquee(self, *words: str) -> str:
        """Ask in the controller's pod."""
        inside = ("exec", "deployment/release-controller", "-c", "controller", "--", "marquee", "release")
        return self.cluster.kubectl(*inside, *words)

    def deploy(self, candidate: Candidate) -> None:
        """Bring an image to the node, and ask for its release."""
        self.cluster.load_images(candidate.image)
        self.marquee("deploy", candidate.image, "--by", "pipeline")

    def newest(self) -> Release | None:
        record = Store(Paths(self.disk).releases).newest()
        return record.release if record else None

    def phase(self, revision: str) -> str:
        """Return the phase of a revision's release, empty while there is none."""
        release = self.newest()
        if release is None or release.candidate.code_revision != revision:
            return ""
        return release.phase.value

    def wait_for(self, revision: str, *phases: str) -> str:
        """Wait until a revision's release is in one of these phases, and return its reason."""
        eventually(
            lambda: self.phase(revision) in phases,
            ENDS_WITHIN_S,
            0.5,
            lambda: (self.phase(revision), self.cluster.describe(), self.log()),
        )
        release = self.newest()
        assert release is not None
        return release.reason

    def log(self) -> str:
        return self.cluster.kubectl("logs", "deployment/release-controller", "--tail=40")

    def serving(self) -> Mapping[str, set[str]]:
        """Return the images of all pods of stable and canary, by Deployment."""
        return {
            app: {
                one["spec"]["containers"][0]["image"]
                for one in self.cluster.get("pods", "-l", f"app={app}")["items"]
                if "deletionTimestamp" not in one["metadata"]
            }
            for app in ("serving", "canary")
        }


def build_for_releases(cluster: Cluster) -> None:
    """Build the images as docs/kubernetes.md says, with the demo's model where there is no other."""
    for part, file in (("", "app"), ("-agent", "auto_deployment"), ("-nginx", "nginx")):
        words = ("-t", f"{cluster.image}{part}:{TAG}", "-f", str(PROJECT / file / "Dockerfile"))
        revision = f"--build-arg=CODE_REVISION={CODE_REVISION}"
        docker("build", "-q", *words, revision, str(PROJECT), timeout_s=1800)


def deploy_for_releases(cluster: Cluster, folder: Path, disks: Path) -> None:
    """Deploy overlays/release with volumes on this host, and everything in a hurry."""
    for claim in CLAIMS:
        (disks / claim).mkdir()
        (disks / claim).chmod(0o777)
        given = VOLUME.format(namespace=cluster.namespace, claim=claim, path=disks / claim)
        cluster.kubectl("apply", "-f", "-", given=given)
    folder.mkdir(exist_ok=True)
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    judge = {**params["release"]["judge"], **QUICK_JUDGE}
    params["release"] = {**params["release"], **QUICK_RELEASE, "judge": judge}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    shipped = (KUBERNETES / "components" / "release" / "prometheus.yml").read_text("utf-8")
    quick = shipped.replace("scrape_interval: 10s", "scrape_interval: 2s")
    quick = quick.replace("scrape_timeout: 5s", "scrape_timeout: 2s")
    assert quick.count(": 2s") == 2, "prometheus.yml says its times otherwise"
    (folder / "prometheus.yml").write_text(quick, "utf-8")
    cluster.apply(folder, "overlays/release", HERE)
