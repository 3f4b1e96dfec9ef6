"""What Dockerfiles and docker-compose.yml promise, as far as it can be read from them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.config.master import MasterSettings
from auto_deployment.edge.nginx_config import Place, variables
from auto_deployment.params import load_params
from auto_deployment.release.containers.instances import STARTING_SHARES
from tests.support.project import PROJECT

SHARING = ("app/Dockerfile", "auto_deployment/Dockerfile", "search/Dockerfile")
SHARED = re.compile(r"# --- shared with \S+, word for word.*?\n(.*?)# --- end of the shared part", re.DOTALL)
# Bound to a network of Compose and to the loopback address only, but for NGINX.
BATCH = {"scheduler", "simulator", "feedback-join", "agent", "search-agent"}
PUBLISHED = {
    "nginx": 8082,
    "console": 8085,
    "events": 8086,
    "prometheus": 9090,
    "alertmanager": 9093,
    "maildev": 1080,
    "grafana": 3000,
    "postgres": 5432,
    "grpc": 8000,
    "grpc-nginx": 8502,
    "search": 8088,
    "master": 8087,
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    return content


def test_the_stage_that_images_share_is_the_same_so_that_it_is_built_once() -> None:
    texts = [SHARED.findall((PROJECT / name).read_text("utf-8")) for name in SHARING]
    assert texts[0] == texts[1] == texts[2]
    assert "requirements.txt" in texts[0][0]


def test_every_variable_of_compose_is_in_the_example_file() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (PROJECT / "docker-compose.yml").read_text("utf-8")))
    documented = set(
        re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE)
    )
    assert asked - documented == set()


def test_a_secret_may_come_by_its_variable_where_it_may_come_from_a_file(compose: dict[str, Any]) -> None:
    example = (PROJECT / ".env.example").read_text("utf-8")
    for name, service in compose["services"].items():
        given = service.get("environment", {})
        files = {
            one for one, value in given.items() if one.endswith("_FILE") and "/run/secrets/" in str(value)
        }
        twins = {one.removesuffix("_FILE") for one in files}
        assert {one for one in twins if f"\n{one}=" in example} - given.keys() == set(), name


@pytest.mark.parametrize("password", ["", "plain", 'a"b\\c$d #e', "\\", '"'])
def test_redis_is_told_the_password_as_it_stands(
    compose: dict[str, Any], tmp_path: Path, password: str
) -> None:
    service = compose["services"]["redis"]
    (tmp_path / "redis-server").write_text("#!/bin/sh\ncat\n")
    (tmp_path / "redis-server").chmod(0o755)
    command = service["command"][0].replace("$$", "$")
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "REDIS_PASSWORD": password}
    told = subprocess.run([*service["entrypoint"], command], env=environ, capture_output=True, check=True)
    # Redis takes \\" and \\\\ between quotation marks, as JSON does.
    name, value = told.stdout.decode().rstrip("\n").split(" ", 1)
    assert (name, json.loads(value)) == ("requirepass", password)


def test_nginx_gets_the_numbers_of_params_yaml(compose: dict[str, Any]) -> None:
    traffic = load_params(PROJECT / "params.yaml").traffic
    place = Place("8082", "8083", "", "/edge/upstream", "/edge/logs", "/edge/static")
    wanted = {
        **variables(place, traffic),
        "MARQUEE_STABLE_WEIGHT": str(traffic.stable_weight),
        "MARQUEE_CANARY_WEIGHT": str(traffic.canary_weight),
        "MARQUEE_FAIL_TIMEOUT_S": str(traffic.fail_timeout_s),
        "MARQUEE_EDGE_LOG_MAX_MB": str(traffic.edge_log_max_mb),
        "MARQUEE_EDGE_LOG_FILES": str(traffic.edge_log_files),
        "NGINX_ENVSUBST_FILTER": "^MARQUEE_",
    }
    del wanted["MARQUEE_RUN_DIR"]  # of local runs only
    assert compose["services"]["nginx"]["environment"] == wanted


def test_every_service_is_hardened_and_bounded(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert {"mem_limit", "cpus", "pids_limit", "restart", "image"} <= service.keys(), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name


def test_on_a_busy_host_who_serves_comes_first_and_what_can_wait_last(compose: dict[str, Any]) -> None:
    """1024 is what Docker gives a container of which nothing is said, an image build for example."""
    shares = {name: service["cpu_shares"] for name, service in compose["services"].items()}
    instances = {shares[name] for name in ("stable-1", "stable-2", "canary")}
    assert len(instances) == 1
    assert shares["nginx"] > max(instances) > shares["controller"] > 1024 > STARTING_SHARES
    others = {name: has for name, has in shares.items() if has < 1024}
    assert {"kafka", "ingest", "prometheus", "scheduler", "simulator"} <= others.keys()
    assert {name for name, has in others.items() if has < STARTING_SHARES} == BATCH


def test_all_that_can_wait_and_nothing_else_can_have_a_control_group_of_its_own(
    compose: dict[str, Any],
) -> None:
    groups = {name: service.get("cgroup_parent") for name, service in compose["services"].items()}
    assert {name for name, group in groups.items() if group is not None} == BATCH
    assert {groups[name] for name in BATCH} == {"${BATCH_CGROUP:-}"}


def test_the_model_store_reaches_those_who_use_it_and_is_nowhere_unless_it_is_set(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    users = {name for name, one in services.items() if "MODEL_STORE" in (one.get("environment") or {})}
    assert users == {"scheduler", "controller", "agent", "search-agent", "master"}
    for name in users:
        assert services[name]["environment"].items() >= compose["x-store-environment"].items(), name
        assert "aws_credentials" in services[name]["secrets"], name
        assert any(str(mount).startswith("store:/store") for mount in services[name]["volumes"]), name
    assert compose["x-store-environment"]["MODEL_STORE"] == "${MODEL_STORE:-}"
    assert services["agent"]["profiles"] == ["fleet"]
    assert services["search-agent"]["profiles"] == ["search-store"]
    for agent in ("agent", "search-agent"):
        assert "store:/store:ro,nocopy" in services[agent]["volumes"]


def test_each_side_of_the_fleet_has_its_own_token_and_the_master_both(compose: dict[str, Any]) -> None:
    services = compose["services"]
    tokens = {"fleet_node_token", "fleet_node_tokens", "fleet_operator_token"}
    found = {name: tokens & set(one.get("secrets", ())) for name, one in services.items()}
    assert {name: has for name, has in found.items() if has} == {
        "agent": {"fleet_node_token"},
        "console": {"fleet_operator_token"},
        "master": tokens,
    }
    for name, has in found.items():
        given = services[name].get("environment", {})
        told = {one.removesuffix("_FILE").lower() for one in given if re.match(r"FLEET_\w+_TOKENS?", one)}
        assert told == has, name
    assert services["master"]["profiles"] == ["fleet"]
    address = services["master"]["environment"]["MASTER_URL"]
    assert address == f"http://127.0.0.1:{MasterSettings().port}"


def test_an_alert_that_rings_goes_on_ringing_when_prometheus_was_restarted(compose: dict[str, Any]) -> None:
    """Those with a shorter `for` would fall back to pending, and a false "resolved" be sent."""
    given = [word for word in compose["services"]["prometheus"]["command"] if "for-grace-period" in word]
    assert given == ["--rules.alert.for-grace-period=1m"]


def test_only_nginx_is_published_to_the_world(compose: dict[str, Any]) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert {name: int(ports[0].rpartition(":")[2]) for name, ports in published.items()} == PUBLISHED
    for name in PUBLISHED.keys() - {"nginx"}:
        assert published[name][0].startswith("127.0.0.1:"), name


def test_no_image_tag_floats(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        # PostgreSQL's second number is of fixes alone: its first one names the form of what is on the disk.
        form = r":\d+-alpine$" if name == "postgres" else r":v?\d+\.\d+"
        assert "build" in service or re.search(form, service["image"]), name


def test_data_enters_no_image_but_the_published_model_and_its_index() -> None:
    lines = Path(PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines.index("*") < lines.index("!data") < lines.index("data/*") < lines.index("!data/model")
    assert [one for one in lines if one.startswith("!data/")] == ["!data/model", "!data/index"]


def test_search_is_one_gateway_that_asks_every_shard_of_the_index(compose: dict[str, Any]) -> None:
    services = compose["services"]
    ours = {name: one for name, one in services.items() if one.get("profiles") == ["search"]}
    shards = [
        f"search-shard-{number}" for number in range(load_params(PROJECT / "params.yaml").search.shards)
    ]
    assert sorted(ours) == ["search", *shards]
    assert "--shards=" + ",".join(f"{one}:8090" for one in shards) in ours["search"]["command"]
    for number, name in enumerate(shards):
        assert f"--number={number}" in ours[name]["command"]
    for one in ours.values():
        assert one["volumes"] == ["index:/fleet:ro,nocopy"]
        assert "--follow=/fleet/${MODEL_NAME:-recommender}-index/channels/stable" in one["command"]


def test_one_service_alone_fills_a_new_volume(compose: dict[str, Any]) -> None:
    """Docker copies folders of an image into a new volume, and two containers made at once stumble there."""
    filling: dict[str, list[str]] = {name: [] for name in compose["volumes"]}
    for service, content in compose["services"].items():
        for mount in content.get("volumes", ()):
            volume, _, options = mount.partition(":")
            if volume in filling and "nocopy" not in options:
                filling[volume].append(service)
    assert {volume: services for volume, services in filling.items() if len(services) != 1} == {}
