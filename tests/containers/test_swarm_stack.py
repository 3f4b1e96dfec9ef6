"""What deploy/swarm promises, as far as it can be read from its files."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import VARIABLES as APP
from auto_deployment.config.fleet import VARIABLES as FLEET
from auto_deployment.config.master import VARIABLES as MASTER
from auto_deployment.config.master import MasterSettings
from auto_deployment.edge.nginx_config import UpstreamServer, upstream
from auto_deployment.params import load_params
from tests.support.deploying import SWARM, deploying
from tests.support.project import PROJECT

TEXT = (SWARM / "stack.yml").read_text("utf-8")
SALT = '{{ env "MARQUEE_SALT" }}'
NODE = "{{.Node.Hostname}}"
MADE = {"MARQUEE_CONFIGS", *(f"MARQUEE_NODE_TOKEN{of}" for of in ("", "S", "_FILE"))}  # by deploy.sh
IN_IMAGES = re.compile(r"\$\{MARQUEE_IMAGE:-marquee\}(|-nginx|-agent):\$\{MARQUEE_(NGINX_)?TAG:\?")
# What `docker stack deploy` ignores, with a warning that nobody reads.
IGNORED = {
    *("build", "cgroup_parent", "container_name", "depends_on", "devices", "links", "mem_limit", "cpus"),
    *("network_mode", "pids_limit", "restart", "security_opt", "tmpfs", "userns_mode"),
}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TEXT)
    return content


@pytest.fixture(scope="module")
def services(stack: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = stack["services"]
    return found


def test_every_service_is_hardened_bounded_and_asked_how_it_is(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert IN_IMAGES.match(service["image"]), name
        assert service["read_only"], name
        assert service["init"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert service["deploy"]["resources"]["reservations"].keys() == {"cpus", "memory"}, name
        assert service.keys() & IGNORED == set(), name


def test_there_is_no_routing_mesh_and_no_virtual_address(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["deploy"]["endpoint_mode"] == "dnsrr", name
        assert {port["mode"] for port in service.get("ports", [])} <= {"host"}, name


def test_a_bad_version_goes_back_by_itself_and_a_host_port_is_given_up_first(
    services: dict[str, Any],
) -> None:
    # The port of agent and master is a volume, the static list's a folder: two at once would collide.
    held = {"nginx", "agent", "static-list", "master"}
    for name, service in services.items():
        update, rollback = (service["deploy"][f"{way}_config"] for way in ("update", "rollback"))
        assert update["failure_action"] == "rollback", name
        assert rollback["failure_action"] == "pause", name
        assert update["max_failure_ratio"] == 0, name
        assert {update["order"], rollback["order"]} == {"stop-first" if name in held else "start-first"}, name
    assert {name for name, service in services.items() if "ports" in service} <= held


def test_nothing_of_a_node_is_needed_but_its_volumes(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        mounts = service["volumes"]
        assert {mount["type"] for mount in mounts} <= {"volume", "tmpfs"}, name
        assert {mount["source"] for mount in mounts if mount["type"] == "volume"} <= stack["volumes"].keys()
    for one in (*stack["configs"].values(), *stack["secrets"].values()):
        assert re.search(
            r"\$\{(MARQUEE_(CONFIGS|NODE_TOKENS?)|STORE_CREDENTIALS_VERSION|FLEET_TOKENS_VERSION):-1\}$",
            one["name"],
        )
        assert one["file"].startswith("$") or (SWARM / one["file"]).is_file()


def test_one_service_alone_fills_a_new_volume(stack: dict[str, Any]) -> None:
    filling: dict[str, list[str]] = {name: [] for name in stack["volumes"]}
    for name, service in stack["services"].items():
        for mount in service["volumes"]:
            if mount["type"] == "volume" and not mount.get("volume", {}).get("nocopy"):
                filling[mount["source"]].append(name)
    assert filling == {"fleet": ["agent"], "edge": ["nginx"], "master": ["master"]}


def test_who_serves_follows_what_its_node_s_agent_brings(services: dict[str, Any]) -> None:
    agent = services["agent"]["environment"]
    assert {name for name in agent if name.startswith(("FLEET", "MODEL"))} <= FLEET.keys() | MASTER.keys()
    _, parse = FLEET["FLEET_CHANNELS"]
    channels = parse(agent["FLEET_CHANNELS"].replace(NODE, "node-1"))
    assert channels == {"stable": "http://serving-node-1:8000", "canary": None}
    assert services["serving"]["hostname"] == f"serving-{NODE}"
    for track, service in (("stable", "serving"), ("canary", "canary")):
        given = services[service]["environment"]
        assert given.keys() <= APP.keys()
        assert given["MODEL_DIR"] == f"{agent['FLEET_DIR']}/{agent['MODEL_NAME']}/channels/{track}"
        assert given["TRACK"] == track
        fleet = services[service]["volumes"][0]
        assert (fleet["source"], fleet["target"], fleet["read_only"]) == ("fleet", agent["FLEET_DIR"], True)
        start_s = int(services[service]["healthcheck"]["start_period"].removesuffix("s"))
        assert int(given["MODEL_WAIT_S"]) < start_s


def test_there_is_one_master_on_one_node_and_the_token_that_may_do_all_is_nowhere_else(
    services: dict[str, Any],
) -> None:
    deploy, given = services["master"]["deploy"], services["master"]["environment"]
    assert (deploy["mode"], deploy["replicas"]) == ("replicated", 1)
    assert deploy["placement"] == {"constraints": ["node.labels.marquee.master == true"]}
    assert "marquee.master=true" in (SWARM / "deploy.sh").read_text("utf-8")
    assert {name for name in given if name.startswith(("FLEET", "MASTER"))} <= MASTER.keys()
    assert given["MASTER_DIR"] == services["master"]["volumes"][0]["target"]
    assert services["agent"]["environment"]["MASTER_URL"] == f"http://tasks.master:{MasterSettings().port}"
    held = {name: str(one.get("secrets", ())) for name, one in services.items()}
    assert {name for name, secrets in held.items() if "fleet_operator_token" in secrets} == {"master"}
    assert {name for name, secrets in held.items() if "fleet_node_token" in secrets} == {"master", "agent"}
    assert "ports" not in services["master"]  # its answers and tokens would cross the network in clear


def test_users_are_split_as_on_one_host(services: dict[str, Any]) -> None:
    traffic = load_params(PROJECT / "params.yaml").traffic
    stable, canary = 2 * traffic.stable_weight, traffic.canary_weight
    servers = [
        UpstreamServer("tasks.serving:8000", stable),
        UpstreamServer("tasks.canary:8001", canary, is_canary=True),
    ]
    text = upstream(servers, "SALT", traffic.fail_timeout_s, resolver="127.0.0.11 valid=1s ipv6=off")
    lines = (SWARM / "upstream.conf").read_text("utf-8").splitlines(keepends=True)
    assert "".join(line for line in lines if not line.startswith("#")).replace(SALT, "SALT") == text
    assert [services[name]["environment"]["PORT"] for name in ("serving", "canary")] == ["8000", "8001"]


def test_nginx_gets_what_it_gets_on_one_host_but_for_where_its_upstream_is(services: dict[str, Any]) -> None:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    wanted = {**compose["services"]["nginx"]["environment"], "MARQUEE_UPSTREAM_DIR": "/etc/marquee"}
    found = dict(services["nginx"]["environment"])
    assert found.pop("MARQUEE_SALT") == "${MARQUEE_SALT:-first}"
    assert found == wanted
    assert services["nginx"]["configs"][0]["target"] == "/etc/marquee/upstream.conf"


def test_what_a_person_may_set_is_documented() -> None:
    deploy = (SWARM / "deploy.sh").read_text("utf-8")
    asked = {*re.findall(r"\$\{([A-Z_]+)[:}]", TEXT), *re.findall(r"\$\{([A-Z_]+):-", deploy)}
    documented = (PROJECT / "docs" / "fleet.md").read_text("utf-8")
    assert {name for name in asked - MADE if f"`{name}`" not in documented} == set()


@pytest.mark.parametrize("state", ["", "completed"])
def test_deploying_ends_well_once_all_runs(tmp_path: Path, state: str) -> None:
    done = deploying(tmp_path, STATE=state)
    assert (done.returncode, done.stderr) == (0, "")
    assert "marquee_serving 3/3\n" in done.stdout


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"MANAGER": "false"}, "docker does not talk to a manager of a Swarm: "),
        ({"MODEL_STORE": ""}, "MODEL_STORE is not set: "),
        ({"MARQUEE_TAG": ""}, "MARQUEE_TAG is not set: "),
        ({"STORE_CREDENTIALS_FILE": "nowhere.ini"}, "nowhere.ini is not there or empty: "),
        ({"MASTER_CREDENTIALS_FILE": "nowhere.ini"}, "nowhere.ini is not there or empty: "),
        ({"FLEET_NODE_TOKENS_FILE": "nowhere"}, "nowhere is not there or empty: "),
        ({"FLEET_OPERATOR_TOKEN_FILE": ""}, "FLEET_OPERATOR_TOKEN_FILE is not set: "),
        ({"NO_LABEL": "1"}, "docker node update --label-add marquee.master=true NODE."),
        ({"STATE": "rollback_completed"}, "marquee_serving was rolled back: "),
        ({"STATE": "rollback_paused"}, "marquee_serving stands still (rollback_paused): "),
        ({"STATE": "paused"}, "marquee_serving stands still (paused): "),
        ({"STATE": "updating", "WITHIN_S": "1"}, "The stack has not settled within 1 s: "),
        ({"REPLICAS": "2/3", "WITHIN_S": "1"}, "The stack has not settled within 1 s: "),
    ],
    ids=[
        "manager",
        "store",
        "tag",
        "credentials",
        "master's",
        "nodes' tokens",
        "token",
        "label",
        "rolled back",
        "rollback",
        "paused",
        "slow",
        "missing",
    ],
)
def test_deploying_that_does_not_end_well_says_so_in_a_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    refused = deploying(tmp_path, **environ)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
