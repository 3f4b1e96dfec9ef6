"""The same template in the public NGINX image: its envsubst, its newer NGINX, names instead of addresses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.local.files import replace_text
from auto_deployment.local.layout import PROJECT
from auto_deployment.local.traffic import Place, Server, upstream, variables
from auto_deployment.params import load_params
from tests.support.edge import SALT, wait_until
from tests.support.http import get, get_many
from tests.support.lab import docker, network, require_docker
from tests.support.ring import Ring

pytestmark = pytest.mark.lab

IMAGE = "nginx:1.30-alpine"
INSTANCES = {"stable-1:8000": 40, "stable-2:8000": 40, "canary:8001": 20}
PLACE = Place("8082", "127.0.0.1:8083", "/unused", "/marquee/upstream", "/marquee/logs", "/marquee/static")
INSTANCE = "server {{ listen {port}; add_header X-Release-Track {track}; return 200 a,b,c; }}"


@dataclass(frozen=True, slots=True)
class Containers:
    """NGINX and three instances in a network; `folder` is what NGINX sees as /marquee."""

    network: str
    folder: Path
    port: int

    def ask(self, users: range) -> list[dict[str, Any]]:
        """Ask for each user, which must succeed; return NGINX's lines about it."""
        log = self.folder / "logs" / "edge.log"
        before = log.stat().st_size

        def lines() -> list[bytes]:
            return log.read_bytes()[before:].splitlines()

        assert get_many(self.port, [f"/recommend/{user}" for user in users]) == {200: len(users)}
        wait_until(lambda: len(lines()) == len(users))
        return [json.loads(line) for line in lines()]

    def tracks(self, users: range) -> set[str]:
        return {line["track"] for line in self.ask(users)}


def start_instance(name: str, inside: str, folder: Path) -> None:
    host, _, port = name.partition(":")
    conf = folder / f"{host}.conf"
    conf.write_text(INSTANCE.format(port=port, track="canary" if host == "canary" else "stable"), "utf-8")
    mount = f"{conf}:/etc/nginx/conf.d/default.conf:ro"
    docker(
        "run",
        "-d",
        "--network",
        inside,
        "--network-alias",
        host,
        "--name",
        f"{inside}-{host}",
        "-v",
        mount,
        IMAGE,
    )


def start_edge(inside: str, folder: Path) -> int:
    """Start NGINX as Compose will; return the port of this host that leads to it."""
    traffic = load_params(PROJECT / "params.yaml").traffic
    folder.chmod(0o755)  # NGINX's workers have an account of their own: without this they lose the log
    for name in ("upstream", "logs", "static"):
        (folder / name).mkdir()
    servers = [Server(address, weight) for address, weight in INSTANCES.items()]
    text = upstream(servers, SALT, traffic.fail_timeout_s, resolver="127.0.0.11 valid=1s ipv6=off")
    replace_text(folder / "upstream" / "upstream.conf", text)
    environ = [f"--env={name}={value}" for name, value in variables(PLACE, traffic).items()]
    mounts = ["-v", f"{PROJECT / 'nginx' / 'templates'}:/etc/nginx/templates:ro", "-v", f"{folder}:/marquee"]
    name = f"{inside}-nginx"
    where = ["--network", inside, "--name", name, "-p", "127.0.0.1::8082"]
    docker("run", "-d", *where, *mounts, *environ, "--env=NGINX_ENVSUBST_FILTER=^MARQUEE_", IMAGE)
    return int(docker("port", name, "8082").rpartition(":")[2])


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    require_docker()
    folder = tmp_path_factory.mktemp("marquee")
    with network() as name:
        for instance in INSTANCES:
            start_instance(instance, name, folder)
        port = start_edge(name, folder)
        wait_until(lambda: _serves(port))
        yield Containers(name, folder, port)


def _serves(port: int) -> bool:
    try:
        return get(port, "/recommend/1").status == 200
    except (OSError, ValueError, IndexError):
        return False


def test_names_that_are_looked_up_give_the_same_split_as_the_ring(containers: Containers) -> None:
    users = range(1, 5001)
    ring = Ring(INSTANCES)
    canary = {str(user) for user in users if ring.address_of(f"{SALT}:{user}") == "canary:8001"}
    lines = containers.ask(users)
    assert {line["user"] for line in lines if line["track"] == "canary"} == canary
    assert {line["upstream_addr"].rpartition(":")[2] for line in lines} == {"8000", "8001"}


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("/metrics", 404), (f"/recommend/1?{'a' * 33_000}", 414), ("/nginx-health", 200)],
    ids=["metrics", "long", "health"],
)
def test_nginx_s_own_answers_are_the_same(containers: Containers, request_line: str, status: int) -> None:
    reply = get(containers.port, request_line)
    assert reply.status == status
    media_type = "text/plain" if status == 200 else "application/problem+json"
    assert reply.headers["content-type"] == media_type


def test_a_canary_that_is_gone_gives_all_to_stable_and_a_new_one_is_found_without_a_reload(
    containers: Containers,
) -> None:
    users = range(1, 501)
    docker("rm", "-f", f"{containers.network}-canary")
    wait_until(lambda: containers.tracks(users) == {"stable"})
    start_instance("canary:8001", containers.network, containers.folder)
    wait_until(lambda: containers.tracks(users) == {"stable", "canary"})


def test_reopened_after_a_rename_the_log_goes_on_in_a_new_file(containers: Containers) -> None:
    log = containers.folder / "logs" / "edge.log"
    log.rename(log.with_name("edge.log.1"))
    docker("kill", "--signal=USR1", f"{containers.network}-nginx")
    wait_until(log.exists)
    assert len(containers.ask(range(1, 11))) == 10


def test_with_all_instances_gone_the_static_list_is_answered(containers: Containers) -> None:
    target = containers.folder / "static" / "model-1" / "model-1-abc"
    target.mkdir(parents=True)
    (target / "popular.txt").write_text("a,b,c", "utf-8")
    (containers.folder / "static" / "current").symlink_to("model-1/model-1-abc")
    docker("rm", "-f", *(f"{containers.network}-{name.partition(':')[0]}" for name in INSTANCES))
    wait_until(lambda: get(containers.port, "/recommend/1").headers.get("x-release-track") == "static")
    reply = get(containers.port, "/recommend/1")
    assert (reply.status, reply.body) == (200, b"a,b,c")
    assert reply.headers["x-model-version"] == "model-1"
    assert reply.headers["x-release"] == "model-1-abc"
