"""What deploy/kubernetes promises, as far as it can be read from its files."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from app.config import VARIABLES as APP
from app.config import Settings as AppSettings
from auto_deployment.config import VARIABLES as COMMON
from auto_deployment.config.controller import VARIABLES as CONTROLLER
from auto_deployment.config.fleet import VARIABLES as FLEET
from auto_deployment.config.master import VARIABLES as MASTER
from auto_deployment.config.master import MasterSettings
from auto_deployment.edge.nginx_config import UpstreamServer, upstream
from auto_deployment.params import load_params
from auto_deployment.release.kubernetes.front import LOG_PORT
from tests.support.kubernetes.files import (
    KUBERNETES,
    OVERLAYS,
    Thing,
    containers,
    deployments,
    documents,
    given,
    pod,
    rendered,
)
from tests.support.project import PROJECT

AWS = {"AWS_DEFAULT_REGION", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
GRACEFUL_S = 10  # of app/gunicorn.conf.py


def named(one: Thing, container: str) -> Thing:
    return next(found for found in containers(one) if found["name"] == container)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_is_hardened_bounded_and_asked_how_it_is(overlay: str) -> None:
    for name, one in deployments(overlay).items():
        spec = pod(one)
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] == 10001, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        # The controller of releases alone may talk to the API.
        assert spec["automountServiceAccountToken"] is (name == "release-controller"), name
        assert spec["enableServiceLinks"] is False, name
        for container in containers(one):
            where = f"{name}/{container['name']}"
            image, _, tag = container["image"].partition(":")
            assert image in {"marquee", "marquee-agent", "marquee-nginx", "prom/prometheus"}, where
            assert tag not in {"", "latest"}, where
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, where
            for side in ("requests", "limits"):
                assert container["resources"][side].keys() == {"cpu", "memory"}, where
            ends = container in spec.get("initContainers", []) and "restartPolicy" not in container
            ends = ends or name == "release-look"
            if not ends:
                assert {"startupProbe", "livenessProbe"} <= container.keys(), where
            # What brings models may be unwell: its pod serves what it has.
            assert ends or container["name"] == "agent" or "readinessProbe" in container, where


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_is_one_that_the_program_knows_and_takes(overlay: str) -> None:
    things = rendered(overlay)
    for name, one in deployments(overlay).items():
        for container in containers(one):
            known: Mapping[str, Any] = {"serving": APP}.get(
                container["name"], {**COMMON, **CONTROLLER, **FLEET, **MASTER}
            )
            values = given(container)
            for source in container.get("envFrom", []):
                values |= things["ConfigMap", source["configMapRef"]["name"]]["data"]
            if container["name"] in {"nginx", "upstream"}:
                continue
            told = {"TRACK", "PORT"} if container["name"] == "agent" else set()
            assert values.keys() - AWS - told <= known.keys(), f"{name}/{container['name']}"
    serving = {**given(named(deployments(overlay)["serving"], "serving")), "MODEL_DIR": "/model"}
    assert (
        AppSettings.from_env({**serving, **things["ConfigMap", "serving-settings"]["data"]}).track == "stable"
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_budgets_and_the_autoscaler_lead_to_pods(overlay: str) -> None:
    things, pods = rendered(overlay), deployments(overlay)
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in pods.values()]
    for (kind, name), one in things.items():
        chosen = one["spec"].get("selector") if kind in {"Service", "PodDisruptionBudget"} else None
        if chosen is not None:
            chosen = chosen.get("matchLabels", chosen)
            assert sum(chosen.items() <= found.items() for found in labels) == 1, (kind, name)
    for name in {"serving", "canary"} & pods.keys():
        port = given(named(pods[name], "serving"))["PORT"]
        service = things["Service", name]["spec"]
        assert service["clusterIP"] == "None", name  # a name of all pods, among which NGINX chooses
        assert str(service["ports"][0]["port"]) == port
        about = pods[name]["spec"]["template"]["metadata"]["annotations"]
        assert about == {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": port,
            "prometheus.io/path": "/metrics",
        }


def test_all_that_a_measurement_changes_is_in_one_file() -> None:
    serving, scaler = documents(KUBERNETES / "base" / "sizes.yaml")
    (container,) = pod(serving)["containers"]
    assert container.keys() == {"name", "env", "resources"}
    assert given(container).keys() == {"WORKERS", "THREADS"}
    assert scaler["spec"].keys() == {"minReplicas", "maxReplicas", "metrics"}
    things = rendered("base")
    plain = {one["kind"]: one for one in documents(KUBERNETES / "base" / "serving.yaml")}
    assert "resources" not in pod(plain["Deployment"])["containers"][0]
    assert not scaler["spec"].keys() & plain["HorizontalPodAutoscaler"]["spec"].keys()
    found = things["HorizontalPodAutoscaler", "serving"]["spec"]
    target = found["scaleTargetRef"]
    assert (
        "replicas" not in things[target["kind"], target["name"]]["spec"]
    )  # which each deployment would reset
    (metric,) = found["metrics"]
    assert (
        metric["containerResource"]["container"]
        == pod(things["Deployment", "serving"])["containers"][0]["name"]
    )


def test_one_pod_may_always_go_and_the_others_go_on() -> None:
    things = rendered("base")
    assert things["HorizontalPodAutoscaler", "serving"]["spec"]["minReplicas"] >= 2
    assert things["Deployment", "front"]["spec"]["replicas"] >= 2
    for name in ("serving", "front"):
        assert things["PodDisruptionBudget", name]["spec"]["maxUnavailable"] == 1
        update = things["Deployment", name]["spec"]["strategy"]["rollingUpdate"]
        assert update == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_who_is_ended_answers_until_nobody_asks(overlay: str) -> None:
    for name, one in deployments(overlay).items():
        grace_s = pod(one)["terminationGracePeriodSeconds"]
        for container in pod(one)["containers"]:
            if container["name"] in {"serving", "nginx"}:
                waits_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
                # A name may be remembered by DNS for 5 s, by its cache again, by NGINX for 1 s.
                assert waits_s >= 2 * 5 - 1, name
                assert grace_s >= waits_s + GRACEFUL_S, name


def test_the_canary_is_what_stable_is_but_for_its_name_port_track_image_and_size() -> None:
    found = deployments("overlays/canary")
    stable, canary = yaml.safe_dump(pod(found["serving"])), pod(found["canary"])
    container = named(found["canary"], "serving")
    assert container["image"] != named(found["serving"], "serving")["image"]
    assert {**given(container), "TRACK": "stable", "PORT": "8000"}.keys() == given(
        named(found["serving"], "serving")
    ).keys()
    text = yaml.safe_dump(canary).replace("app: canary", "app: serving").replace("8001", "8000")
    text = text.replace("value: canary", "value: stable").replace(container["image"], "marquee:1")
    alike = yaml.safe_load(text), yaml.safe_load(stable)
    for one in alike:
        one["containers"][0]["env"] = sorted(one["containers"][0]["env"], key=lambda item: item["name"])
        one["containers"][0].pop("resources")  # a measurement is of stable
    assert alike[0] == alike[1]


@pytest.mark.parametrize("folder", ["base", "components/canary"])
def test_users_are_split_as_on_one_host(folder: str) -> None:
    traffic = load_params(PROJECT / "params.yaml").traffic
    stable, canary = 2 * traffic.stable_weight, traffic.canary_weight
    servers = [UpstreamServer("serving.${MARQUEE_DOMAIN}:8000", stable)]
    if folder != "base":
        servers.append(UpstreamServer("canary.${MARQUEE_DOMAIN}:8001", canary, is_canary=True))
    text = upstream(servers, "SALT", traffic.fail_timeout_s, resolver="${MARQUEE_RESOLVER} valid=1s ipv6=off")
    lines = (KUBERNETES / folder / "upstream.conf").read_text("utf-8").splitlines(keepends=True)
    found = "".join(line for line in lines if not line.startswith("#"))
    assert found.replace("${MARQUEE_SALT}", "SALT") == text


def test_nginx_gets_what_it_gets_on_one_host() -> None:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    front = deployments("base")["front"]
    assert given(named(front, "nginx")) == compose["services"]["nginx"]["environment"]
    assert given(named(front, "upstream")) == {"MARQUEE_SALT": "first"}


def test_the_controller_may_change_what_it_releases_and_nothing_else() -> None:
    things = rendered("overlays/release")
    rules = things["Role", "release-controller"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "patch"}
    named_things = {
        (what, name) for rule in rules for what in rule["resources"] for name in rule.get("resourceNames", [])
    }
    looked_into = {("deployments", name) for name in ("serving", "canary", "release-look")}
    assert named_things == {*looked_into, ("services", "canary")}
    assert [rule["resources"] for rule in rules if "resourceNames" not in rule] == [["pods"]]
    assert ("ClusterRole", "release-controller") not in things
    for (kind, name), one in things.items():
        if kind == "Deployment" and name != "release-controller":
            assert "serviceAccountName" not in pod(one), name


def test_there_is_one_controller_which_decides_how_many_canaries_there_are() -> None:
    found = deployments("overlays/release")
    controller = found["release-controller"]["spec"]
    assert (controller["replicas"], controller["strategy"]) == (1, {"type": "Recreate"})
    assert given(named(found["release-controller"], "controller"))["INSTANCES"] == "kubernetes"
    assert "replicas" not in found["canary"]["spec"]
    assert named(found["canary"], "serving")["image"] == named(found["serving"], "serving")["image"]
    assert found["release-look"]["spec"]["replicas"] == 0


def test_prometheus_has_the_labels_that_releases_ask_for_and_nginx_shows_its_log_where_it_is_read() -> None:
    folder = KUBERNETES / "components" / "release"
    shipped = yaml.safe_load((PROJECT / "monitoring/prometheus/prometheus.yml").read_text("utf-8"))
    (theirs,) = (one for one in shipped["scrape_configs"] if one["job_name"] == "app")
    here = yaml.safe_load((folder / "prometheus.yml").read_text("utf-8"))
    (ours,) = (one for one in here["scrape_configs"] if one["job_name"] == "app")
    assert here["global"]["scrape_interval"] == shipped["global"]["scrape_interval"]
    assert ours["metric_relabel_configs"] == theirs["metric_relabel_configs"]
    tracks = {
        one["regex"]: one["replacement"] for one in ours["relabel_configs"] if one["target_label"] == "track"
    }
    assert tracks == {"serving": "stable", "canary": "canary"}
    assert f"listen {LOG_PORT};" in (folder / "edge-log.conf.template").read_text("utf-8")


@pytest.mark.parametrize("track", ["stable", "canary"])
def test_who_serves_follows_what_the_agent_beside_it_brings(track: str) -> None:
    one = deployments("overlays/fleet-canary")["canary" if track == "canary" else "serving"]
    agent, serving = named(one, "agent"), named(one, "serving")
    assert agent["restartPolicy"] == "Always"  # it starts before the others, and stays
    template = one["spec"]["template"]["metadata"]
    filled = given(agent)["FLEET_CHANNELS"].replace("$(TRACK)", template["labels"]["track"])
    filled = filled.replace("$(PORT)", template["annotations"]["prometheus.io/port"])
    _, parse = FLEET["FLEET_CHANNELS"]
    assert parse(filled) == {track: f"http://127.0.0.1:{given(serving)['PORT']}"}
    names = [item["name"] for item in agent["env"]]
    assert names.index("FLEET_CHANNELS") > max(names.index("TRACK"), names.index("PORT"))
    where = f"{given(agent)['FLEET_DIR']}/{given(agent)['MODEL_NAME']}/channels"
    assert given(serving)["MODEL_DIR"] == f"{where}/{track}"
    assert agent["startupProbe"]["exec"]["command"][-1] == f'test -e "{where}/$TRACK"'
    mounts = {mount["name"]: mount for mount in serving["volumeMounts"]}
    assert mounts["fleet"]["readOnly"]


def test_there_is_one_master_and_the_token_that_may_do_all_is_nowhere_else() -> None:
    found = deployments("overlays/fleet-canary")
    master = found["master"]["spec"]
    assert (master["replicas"], master["strategy"]) == (1, {"type": "Recreate"})
    address = f"http://master:{MasterSettings().port}"
    assert {given(named(found[name], "agent"))["MASTER_URL"] for name in ("serving", "canary")} == {address}
    held = {name: str(pod(one)["volumes"]) for name, one in found.items()}
    assert {name for name, text in held.items() if "fleet-operator" in text} == {"master"}
    assert {name for name, text in held.items() if "store-writes" in text} == {"master"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl, whose kustomize is the real one")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_makes_of_the_files_what_these_tests_read(overlay: str) -> None:
    said = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / overlay)], capture_output=True, text=True, check=True
    ).stdout
    found, here = {}, rendered(overlay)
    for one in yaml.safe_load_all(said):
        name = one["metadata"]["name"]
        if one["kind"] == "ConfigMap":
            said, name = said.replace(name, name.rpartition("-")[0]), name.rpartition("-")[0]
        found[one["kind"], name] = one
    assert found.keys() == here.keys()
    for one in yaml.safe_load_all(said):
        key = (one["kind"], one["metadata"]["name"])
        for part in ("spec", "data"):
            assert _sorted(one.get(part)) == _sorted(here[key].get(part)), key


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl, whose kustomize is the real one")
def test_kustomize_takes_no_name_in_a_role_for_a_config_map() -> None:
    said = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / "overlays" / "release")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (role,) = (one for one in yaml.safe_load_all(said) if one["kind"] == "Role")
    assert role["rules"] == rendered("overlays/release")["Role", "release-controller"]["rules"]


def _sorted(value: Any) -> Any:
    """Return a value with its named things in one order: they are as good in any, but for what ours test."""
    if isinstance(value, dict):
        return {name: _sorted(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        found = [_sorted(one) for one in value]
        return sorted(found, key=json.dumps) if found and isinstance(found[0], dict) else found
    return value
