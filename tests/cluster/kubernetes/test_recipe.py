"""A recipe for pods on a real node, what `resources` says of them, and what autoscaling by it spares."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.recipe.kubernetes.pattern import LABEL
from tests.cluster.conftest import Say
from tests.support.kubernetes.cluster import TAG, Cluster, cluster_up, eventually_ready
from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.systems.stack import remove_images
from tests.support.waiting import eventually

LAB = os.environ.get("KUBERNETES_LAB", "up-kubernetes")
KEEP = bool(os.environ.get("KUBERNETES_KEEP"))
IMAGE, NAMESPACE = "marquee-test-recipe", "marquee-test-recipe"
# Pages, which cost more than lists: so few requests a second are sent in time also by a host that others use.
PATH, USERS = "/tracks/stable?user={user}", "--users=1-600"
GOAL, BELOW_MS, RATE = "p95<1s", 1000.0, os.environ.get("RECIPE_RATE", "20")
MINUTES, STEP = os.environ.get("RECIPE_MINUTES", "5"), os.environ.get("RECIPE_STEP", "30s")
# Small pods: the node has two cores, and whatever else runs on it.
# The load goes up and down within minutes: so fewer of them soon after it.
SMALL = """patches:
  - target: {kind: Deployment, name: front}
    patch: |-
      - {op: replace, path: /spec/replicas, value: 1}
      - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 50m}
  - target: {kind: HorizontalPodAutoscaler, name: serving}
    patch: |-
      - {op: replace, path: /spec/behavior/scaleDown/stabilizationWindowSeconds, value: 30}
  - path: sizes.yaml
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A node with Marquee on it, of the base's form, the demo's model in the image."""
    if shutil.which(LAB) is None:
        pytest.fail(f"{LAB} is missing: tests/cluster/README.md says what brings up a node of Kubernetes")
    try:
        with cluster_up(LAB, NAMESPACE, IMAGE, KEEP) as found, pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", found.config)
            for part, file in (("", "app"), ("-agent", "auto_deployment"), ("-nginx", "nginx")):
                path = str(PROJECT / file / "Dockerfile")
                docker("build", "-q", "-t", f"{IMAGE}{part}:{TAG}", "-f", path, str(PROJECT), timeout_s=1800)
            found.load()
            deploy(found, tmp_path_factory.mktemp("base"), given(0.1, 2, 2, 60))
            yield found
    finally:
        if not KEEP:
            remove_images(IMAGE)


def given(cpu: float, least: int, most: int, target: int, memory: str = "128Mi") -> str:
    """Return sizes.yaml of a form of our own."""
    text = (PROJECT / "deploy" / "kubernetes" / "base" / "sizes.yaml").read_text("utf-8")
    deployment, scaler = yaml.safe_load_all(text)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    amounts = {"cpu": f"{1000 * cpu:.0f}m", "memory": memory}
    container["env"] = [{"name": "WORKERS", "value": "1"}, {"name": "THREADS", "value": "2"}]
    container["resources"] = {"requests": amounts, "limits": dict(amounts)}
    scaler["spec"] |= {"minReplicas": least, "maxReplicas": most}
    scaler["spec"]["metrics"][0]["containerResource"]["target"]["averageUtilization"] = target
    return yaml.safe_dump_all([deployment, scaler])


def deploy(cluster: Cluster, folder: Path, sizes: str) -> None:
    """Deploy the base with other sizes, and wait until as many as the least are there."""
    folder.mkdir(exist_ok=True)
    (folder / "sizes.yaml").write_text(sizes, "utf-8")
    cluster.apply(folder, "base", SMALL)
    cluster.rolled_out("serving", "front")
    scaler: dict[str, Any] = list(yaml.safe_load_all(sizes))[1]
    least = scaler["spec"]["minReplicas"]
    eventually_ready(cluster, "serving", least)
    eventually(
        lambda: len(cluster.names("serving")) == least, 120, 1, cluster.describe
    )  # none of before is left


@contextmanager
def watched(table: Path) -> Iterator[None]:
    """Have `resources` write while a block runs."""
    words = ["resources", f"--namespace={NAMESPACE}", "--every=5s", f"--out={table}"]
    process = subprocess.Popen([sys.executable, "-m", "auto_deployment", *words], cwd=PROJECT)
    try:
        eventually(table.exists)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def load(cluster: Cluster, folder: Path) -> list[dict[str, str]]:
    """Send the wave through NGINX, and return load and serving's resources side by side."""
    folder.mkdir()
    with watched(folder / "resources.csv"):
        words = [
            f"--rate={RATE}",
            f"--minutes={MINUTES}",
            "--shape=wave",
            f"--step={STEP}",
            "--row=10s",
            USERS,
        ]
        files = [f"--resources={folder / 'resources.csv'}", f"--out={folder / 'load.csv'}"]
        assert main(["load", f"http://{cluster.front()}{PATH}", *words, *files]) == 0
    rows = csv.DictReader((folder / "load.beside.csv").read_text().splitlines())
    return [row for row in rows if row["service"] == "serving"]


def core_s(rows: list[dict[str, str]]) -> float:
    return sum(float(row["cpu_requested"]) * float(row["seconds"]) for row in rows)


def test_what_is_there_is_what_the_cluster_says(cluster: Cluster, tmp_path: Path) -> None:
    table = tmp_path / "resources.csv"
    eventually(lambda: "serving" in cluster.kubectl("top", "pods"), 120, 2, cluster.describe)
    assert (
        main(["resources", f"--namespace={NAMESPACE}", "--every=1s", "--minutes=0.05", f"--out={table}"]) == 0
    )
    rows = {row["service"]: row for row in csv.DictReader(table.read_text().splitlines())}
    assert set(rows) == {"serving", "front"}
    serving = rows["serving"]
    assert (serving["replicas"], serving["cpu_requested"], serving["cpu_limit"]) == ("2", "0.2", "0.2")
    assert float(serving["memory_requested_mb"]) == pytest.approx(268.435)
    assert float(serving["cpu_used"]) >= 0
    assert 20 < float(serving["memory_used_mb"]) < 268


def test_autoscaling_by_a_recipe_fails_no_request_and_costs_less_than_what_is_fixed(
    cluster: Cluster, tmp_path: Path, say: Say
) -> None:
    bounds = ["--cpus=0.05", "--workers=1", "--replicas=1,2,3,4,5,6", "--step=12s", "--verify=144s"]
    asked = ["--services=serving", f"--path={PATH}", USERS]
    where = [f"--namespace={NAMESPACE}", f"--out={tmp_path / 'recipe'}"]
    assert main(["recipe", "--goal", GOAL, "--rate", RATE, *asked, *bounds, *where]) == 0
    assert cluster.get("deployments", "-l", LABEL)["items"] == []
    sizes = (tmp_path / "recipe" / "sizes.yaml").read_text("utf-8")
    say(sizes)

    deploy(cluster, tmp_path / "scaled", sizes)
    scaled = load(cluster, tmp_path / "load-scaled")
    deployment, scaler = yaml.safe_load_all(sizes)
    scaler["spec"]["minReplicas"] = scaler["spec"]["maxReplicas"]
    deploy(cluster, tmp_path / "fixed", yaml.safe_dump_all([deployment, scaler]))
    fixed = load(cluster, tmp_path / "load-fixed")

    for name, rows in (("scaled", scaled), ("fixed", fixed)):
        late = [row["minute"] for row in rows if float(row["p95_ms"]) >= BELOW_MS]
        counts = sorted({row["replicas_max"] for row in rows})
        say(f"{name}: {core_s(rows):.1f} core seconds, replicas {counts}, goal missed at minutes {late}")
        assert sum(int(row["failed"]) for row in rows) == 0
    found = [int(row["replicas_max"]) for row in scaled]
    assert min(found) < max(found)
    calm = [row for row in scaled if row["replicas_min"] == row["replicas_max"]]
    assert sum(float(row["p95_ms"]) >= BELOW_MS for row in calm) <= len(calm) / 10
    assert core_s(scaled) < core_s(fixed)
