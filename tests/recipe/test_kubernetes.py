"""What is read from Kubernetes, and what is asked of it; answers have the shape of a real API's."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.errors import BadInputError
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.kubernetes.bench import free_cores, remove_leftovers
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.namespace import KubernetesNamespace
from auto_deployment.recipe.kubernetes.pattern import LABEL, WHO, Pattern, pattern_of
from auto_deployment.recipe.kubernetes.pods import Use, limit, owner, requested, uses
from auto_deployment.recipe.kubernetes.quantities import number
from auto_deployment.recipe.kubernetes.samples import PodSamples
from auto_deployment.recipe.kubernetes.values import sizes
from auto_deployment.recipe.search.ports import Size
from auto_deployment.recipe.search.scaling import Scaling
from auto_deployment.recipe.search.wish import Deployment
from tests.support.project import PROJECT
from tests.support.waiting import eventually

HASH = "6f9c7d4b5"
SERVING: dict[str, Any] = {
    "metadata": {"name": "serving", "labels": {"app": "serving"}},
    "spec": {
        "selector": {"matchLabels": {"app": "serving"}},
        "template": {
            "metadata": {
                "labels": {"app": "serving", "track": "stable"},
                "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8000"},
            },
            "spec": {
                "terminationGracePeriodSeconds": 30,
                "topologySpreadConstraints": [{"maxSkew": 1}],
                "initContainers": [{"name": "agent", "restartPolicy": "Always"}],
                "containers": [
                    {"name": "beside", "image": "other"},
                    {
                        "name": "serving",
                        "image": "marquee:1",
                        "env": [{"name": "PORT", "value": "8000"}, {"name": "WORKERS", "value": "2"}],
                        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                        "resources": {"requests": {"cpu": "250m"}},
                    },
                ],
            },
        },
    },
}


def pod(
    name: str, cpu: str | None = "250m", phase: str = "Running", node: str | None = "one"
) -> dict[str, Any]:
    amounts = {} if cpu is None else {"cpu": cpu, "memory": "128Mi"}
    return {
        "metadata": {
            "name": name,
            "labels": {"pod-template-hash": HASH},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"serving-{HASH}"}],
        },
        "spec": {
            **({} if node is None else {"nodeName": node}),
            "containers": [{"name": "serving", "resources": {"requests": amounts, "limits": amounts}}],
        },
        "status": {"phase": phase},
    }


def metric(name: str, cpu: str = "125000000n", memory: str = "65536Ki") -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "timestamp": "2026-11-30T12:00:10Z",
        "window": "10.5s",
        "containers": [{"name": "serving", "usage": {"cpu": cpu, "memory": memory}}],
    }


class FakeKubectl(Kubectl):
    """Answers by the kind of what is asked for, and keeps what it is told to do."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self.namespace = "shop"
        self.answers = answers
        self.told: list[tuple[str, ...]] = []

    def run(self, *words: str, told: str | None = None) -> str:
        self.told.append(words)
        kind = "metrics" if words[1] == "--raw" else words[1]
        return json.dumps({"items": self.answers.get(kind, [])})


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("250m", 0.25), (3, 3), ("1500000n", 0.0015), ("128Mi", 134_217_728), ("1.5G", 1.5e9), ("1e3", 1e3)],
)  # fmt: skip
def test_quantities_are_numbers(quantity: str, value: float) -> None:
    assert number(quantity) == pytest.approx(value)


@pytest.mark.parametrize("quantity", ["", "m", "1Xi", "1 G", "x"])
def test_what_is_no_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(RecipeError, match="no quantity"):
        number(quantity)


def test_pods_of_a_deployment_are_one_service_with_what_is_kept_free_for_them() -> None:
    kubectl = FakeKubectl(pods=[pod("a"), pod("b"), pod("done", phase="Succeeded"), pod("waits", node=None)])
    kubectl.answers["metrics"] = [metric("a"), metric("done")]
    (use,) = KubernetesNamespace(kubectl).look()
    assert (use.service, use.replicas) == ("serving", 2)
    assert (use.cpu_requested, use.cpu_limit) == (0.5, 0.5)
    assert use.cpu_used == 0.125  # of the other one nothing is told yet
    assert use.memory_requested_mb == pytest.approx(268.435456)
    assert use.memory_used_mb == pytest.approx(67.108864)


def test_without_requests_nothing_is_said_of_them_and_no_limit_is_none() -> None:
    kubectl = FakeKubectl(pods=[pod("a", cpu=None), pod("b")])
    (use,) = KubernetesNamespace(kubectl).look()
    assert (use.cpu_requested, use.cpu_limit, use.cpu_used, use.memory_used_mb) == (0.25, None, None, 0)


def test_a_namespace_in_which_nothing_runs_is_refused() -> None:
    with pytest.raises(BadInputError, match="Nothing of the namespace shop runs"):
        KubernetesNamespace(FakeKubectl()).look()


def test_sidecars_count_beside_containers_and_what_runs_before_them_only_where_it_is_more() -> None:
    def one(cpu: str, **more: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}, **more}

    small = {
        "initContainers": [one("100m", restartPolicy="Always"), one("150m")],
        "containers": [one("200m")],
    }
    large = {**small, "initContainers": [one("100m", restartPolicy="Always"), one("1")]}
    assert requested({"spec": small}, "cpu") == pytest.approx(0.3)
    assert requested({"spec": large}, "cpu") == pytest.approx(1.1)
    assert limit({"spec": large}, "cpu") == pytest.approx(0.3)


def test_a_pod_belongs_to_its_deployment_its_set_or_itself() -> None:
    assert owner(pod("a")) == "serving"
    of_set = {"metadata": {"name": "db-0", "ownerReferences": [{"kind": "StatefulSet", "name": "db"}]}}
    assert owner(of_set) == "db"
    assert owner({"metadata": {"name": "alone"}}) == "alone"


def test_what_a_pod_uses_may_be_that_of_one_container() -> None:
    item = metric("a")
    item["containers"].append({"name": "agent", "usage": {"cpu": "50m", "memory": "1M"}})
    assert uses([item])[0].cores == pytest.approx(0.175)
    assert uses([item], "serving")[0].cores == pytest.approx(0.125)
    assert uses([item], "gone") == []
    assert uses([{**item, "window": "1m0.5s"}])[0].window_s == 60.5


def test_a_mean_counts_for_the_stretch_in_which_most_of_its_time_lies() -> None:
    samples = PodSamples(frozenset({"a", "b"}), offset_s=1000.0)
    samples.add([Use("a", 1020, 10, 0.2, 50), Use("b", 1021, 10, 0.4, 70), Use("b", 1045, 10, 9.0, 90)])
    cores, memory = samples.between(10, 25)
    assert cores == pytest.approx(0.6)
    assert memory == 70
    assert samples.between(30, 45)[0] is None  # of a nothing is known there
    assert samples.between(30, 45)[1] == 90


@pytest.fixture
def pattern() -> Pattern:
    return pattern_of(FakeKubectl(deployments=[SERVING]), "serving", None)


def test_instances_are_as_the_deployment_has_them_but_for_size_and_labels(pattern: Pattern) -> None:
    made = pattern.manifest("marquee-recipe-1", Size(0.1, 1, 4, 96), 3, "who")
    template = made["spec"]["template"]
    assert made["spec"]["replicas"] == 3
    assert template["metadata"]["labels"] == {"track": "stable", LABEL: "marquee-recipe-1"}
    assert template["metadata"]["annotations"]["prometheus.io/scrape"] == "false"
    (container,) = template["spec"]["containers"]
    amounts = {"cpu": "100m", "memory": "96000000"}
    assert container["resources"] == {"requests": amounts, "limits": amounts}
    told = {one["name"]: one["value"] for one in container["env"]}
    assert (told["WORKERS"], told["THREADS"], told["PORT"], told["IMPRESSIONS"]) == ("1", "4", "8000", "off")
    assert "lifecycle" not in container
    assert "topologySpreadConstraints" not in template["spec"]
    assert [one["name"] for one in template["spec"]["initContainers"]] == ["agent"]
    assert SERVING["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30


def test_a_service_that_would_lead_users_to_what_is_measured_is_refused() -> None:
    def services(selector: dict[str, str]) -> FakeKubectl:
        door: dict[str, Any] = {"metadata": {"name": "door"}, "spec": {"selector": selector}}
        listed = [door, {"metadata": {}, "spec": {}}]
        return FakeKubectl(deployments=[SERVING], services=listed)

    pattern_of(services({"app": "serving"}), "serving", None)
    with pytest.raises(RecipeError, match="The Service door would lead users"):
        pattern_of(services({"track": "stable"}), "serving", None)


def test_a_deployment_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(BadInputError, match="choose one of serving with --services"):
        pattern_of(FakeKubectl(deployments=[SERVING]), "front", None)


def test_the_cores_there_are_are_those_that_no_pod_asks_for() -> None:
    def node(name: str, ready: str, **spec: bool) -> dict[str, Any]:
        status = {"conditions": [{"type": "Ready", "status": ready}], "allocatable": {"cpu": "2"}}
        return {"metadata": {"name": name}, "spec": spec, "status": status}

    nodes = [node("one", "True"), node("two", "False"), node("three", "True", unschedulable=True)]
    kubectl = FakeKubectl(nodes=nodes, pods=[pod("a"), pod("b", node="two"), pod("c", phase="Failed")])
    assert free_cores(kubectl) == pytest.approx(1.75)


def test_what_a_measurement_has_left_is_removed_and_nothing_of_others() -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()

    def left(name: str, who: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "annotations": {WHO: who}}}

    kubectl = FakeKubectl(
        deployments=[left("ours", f"{boot} 1 x"), left("elsewhere", "other 1 0"), left("odd", "")]
    )
    assert remove_leftovers(kubectl) == 1
    assert kubectl.told[-1][:3] == ("delete", "deployment", "ours")


def test_sizes_name_what_they_patch() -> None:
    text = sizes(Deployment(Size(0.1, 1, 2, 96), 3, 9.9), Scaling(1, 3, 64), "serving", "serving")
    deployment, autoscaler = yaml.safe_load_all(text)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "100m", "memory": "96000000"}
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (1, 3)
    (measure,) = autoscaler["spec"]["metrics"]
    assert measure["containerResource"]["target"]["averageUtilization"] == 64


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Give a function that puts a shell script in kubectl's place and returns where its words are written."""

    def put(text: str) -> Path:
        script, words = tmp_path / "kubectl", tmp_path / "words"
        script.write_text(f'#!/bin/sh\necho "$*" >>{words}\n{text}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        return words

    return put


def test_what_kubectl_complains_of_is_one_sentence_and_nothing_is_written(
    program: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program('echo "The connection to the server was refused" >&2; exit 1')
    for words in (["resources"], ["recipe", "--goal", "p95<50ms", "--rate", "9"]):
        assert main([*words, "--namespace", "shop"]) == 1
        (sentence,) = capsys.readouterr().err.splitlines()
        assert "The connection to the server was refused" in sentence
    assert not (tmp_path / "data").exists()


def test_who_has_no_kubectl_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["resources", "--namespace", "shop"]) == 2


def test_instances_are_removed_also_when_their_measurement_is_killed(program: Callable[[str], Path]) -> None:
    words = program("""case "$*" in *apply*) cat >/dev/null;; *) echo '{"items": []}';; esac""")
    code = (
        "from tests.recipe.test_kubernetes import SERVING, FakeKubectl\n"
        "from auto_deployment.recipe.kubernetes.bench import KubernetesBench\n"
        "from auto_deployment.recipe.kubernetes.kubectl import Kubectl\n"
        "from auto_deployment.recipe.kubernetes.pattern import pattern_of\n"
        "from auto_deployment.recipe.load.sender import Audience\n"
        "from auto_deployment.recipe.search.ports import Size\n"
        "pattern = pattern_of(FakeKubectl(deployments=[SERVING]), 'serving', None)\n"
        "bench = KubernetesBench(Kubectl('shop'), pattern, Audience(()), 2.0)\n"
        "with bench.opened(Size(0.1, 1, 2), 1): pass\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    eventually(lambda: words.exists() and "apply" in words.read_text())
    assert "delete" not in words.read_text()
    process.kill()
    process.wait()
    eventually(lambda: "delete deployment marquee-recipe-" in words.read_text())
