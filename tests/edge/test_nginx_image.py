"""The same template in the public NGINX image: its envsubst, its newer NGINX, names instead of addresses."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.edge.nginx_config import Place, UpstreamServer, upstream, variables
from auto_deployment.host.files import replace_text
from auto_deployment.params import load_params
from auto_deployment.paths import TEMPLATE
from tests.support.edge.edge import SALT
from tests.support.edge.ring import Ring
from tests.support.http import get, get_many
from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.systems.lab import network, require_docker
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab

TIME_LEFT = '"~^0\\.[0-2]"'
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
        eventually(lambda: len(lines()) == len(users))
        return [json.loads(line) for line in lines()]

    def lines(self) -> list[dict[str, Any]]:
        log = self.folder / "logs" / "edge.log"
        return [json.loads(line) for line in log.read_bytes().splitlines()]

    def tracks(self, users: range) -> set[str]:
        return {line["track"] for line in self.ask(users)}


def start_instance(name: str, inside: str, folder: Path, container: str | None = None) -> None:
    """Start what answers to a name (`host:port`); two containers may have the same one."""
    host, _, port = name.partition(":")
    conf = folder / f"{host}.conf"
    conf.write_text(INSTANCE.format(port=port, track="canary" if host == "canary" else "stable"), "utf-8")
    mount = ["-v", f"{conf}:/etc/nginx/conf.d/default.conf:ro"]
    where = ["--network", inside, "--network-alias", host, "--name", f"{inside}-{container or host}"]
    docker("run", "-d", *where, *mount, IMAGE)


def start_edge(inside: str, folder: Path, patient: bool) -> int:
    """Start NGINX as Compose will; return the port of this host that leads to it.

    A patient one gives an attempt so long that a test can do something meanwhile, and still tries again.
    """
    traffic, template = load_params(PROJECT / "params.yaml").traffic, TEMPLATE.read_text("utf-8")
    if patient:
        assert TIME_LEFT in template
        traffic, template = replace(traffic, attempt_timeout_ms=4000), template.replace(TIME_LEFT, '"~."')
    folder.chmod(0o755)  # NGINX's workers have an account of their own: without this they lose the log
    for name in ("templates", "upstream", "logs", "static"):
        (folder / name).mkdir()
    replace_text(folder / "templates" / TEMPLATE.name, template)
    servers = [UpstreamServer(address, weight, "canary" in address) for address, weight in INSTANCES.items()]
    text = upstream(servers, SALT, traffic.fail_timeout_s, resolver="127.0.0.11 valid=1s ipv6=off")
    replace_text(folder / "upstream" / "upstream.conf", text)
    environ = [f"--env={name}={value}" for name, value in variables(PLACE, traffic).items()]
    mounts = ["-v", f"{folder / 'templates'}:/etc/nginx/templates:ro", "-v", f"{folder}:/marquee"]
    name = f"{inside}-nginx"
    where = ["--network", inside, "--name", name, "-p", "127.0.0.1::8082"]
    docker("run", "-d", *where, *mounts, *environ, "--env=NGINX_ENVSUBST_FILTER=^MARQUEE_", IMAGE)
    return int(docker("port", name, "8082").rpartition(":")[2])


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    require_docker()
    with running_containers(tmp_path_factory.mktemp("marquee")) as started:
        yield started


@contextmanager
def running_containers(folder: Path, patient: bool = False) -> Iterator[Containers]:
    with network() as name:
        for instance in INSTANCES:
            start_instance(instance, name, folder)
        port = start_edge(name, folder, patient)
        eventually(lambda: _serves(port))
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
    eventually(lambda: containers.tracks(users) == {"stable"})
    start_instance("canary:8001", containers.network, containers.folder)
    eventually(lambda: containers.tracks(users) == {"stable", "canary"})


def test_a_retry_during_which_addresses_change_still_finds_a_living_instance(tmp_path: Path) -> None:
    """NGINX takes no instance for a retry when `resolve` has changed the upstream since the first attempt."""
    require_docker()
    ring = Ring(INSTANCES)
    user = next(user for user in range(1, 1000) if ring.address_of(f"{SALT}:{user}") == "canary:8001")
    with running_containers(tmp_path, patient=True) as containers, ThreadPoolExecutor(1) as pool:
        docker("pause", f"{containers.network}-canary")
        reply = pool.submit(get, containers.port, f"/recommend/{user}")
        start_instance("canary:8001", containers.network, tmp_path, "newcomer")
        assert reply.result().status == 200
        docker("unpause", f"{containers.network}-canary")
        line = containers.lines()[-1]
    assert line["user"] == str(user)
    assert line["upstream_addr"].split(", ")[1].startswith("marquee : ")
    assert line["upstream_status"] == "504, 502 : 200"


def test_reopened_after_a_rename_the_log_goes_on_in_a_new_file(containers: Containers) -> None:
    log = containers.folder / "logs" / "edge.log"
    log.rename(log.with_name("edge.log.1"))
    docker("kill", "--signal=USR1", f"{containers.network}-nginx")
    eventually(log.exists)
    assert len(containers.ask(range(1, 11))) == 10


def test_with_all_instances_gone_the_static_list_is_answered(containers: Containers) -> None:
    target = containers.folder / "static" / "model-1" / "model-1-abc"
    target.mkdir(parents=True)
    (target / "popular.txt").write_text("a,b,c", "utf-8")
    (containers.folder / "static" / "current").symlink_to("model-1/model-1-abc")
    docker("rm", "-f", *(f"{containers.network}-{name.partition(':')[0]}" for name in INSTANCES))
    eventually(lambda: get(containers.port, "/recommend/1").headers.get("x-release-track") == "static")
    reply = get(containers.port, "/recommend/1")
    assert (reply.status, reply.body) == (200, b"a,b,c")
    assert reply.headers["x-model-version"] == "model-1"
    assert reply.headers["x-release"] == "model-1-abc"
