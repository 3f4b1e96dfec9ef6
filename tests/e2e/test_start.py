"""What `docker compose up -d --wait` gives from nothing: it serves, and does no more than was intended."""

import re

import pytest

from tests.support.http import get
from tests.support.systems.stack import TestStack, listening, process_file
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

PUBLISHED = "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}"
DEMO = {"simulator", "maildev"}
INSTANCES = ("stable-1", "stable-2", "canary")
# What listens on other than the loopback address of a container.
LISTENING = {
    "nginx": {8082, 8083},
    "stable-1": {8000},
    "stable-2": {8000},
    "canary": {8001},
    "static-list": set(),
    "kafka": {9092},
    "ingest": {9108},
    "redis": {6379},
    "redis-exporter": {9121},
    "scheduler": {9109},
    "controller": {9110},
    "feedback-collect": {9111},
    "feedback-join": {9112},
    "console": {8085},
    "prometheus": {9090},
    "alertmanager": {9093},
    "nginx-exporter": {9113},
    "cadvisor": {8080},
}
# Where a container may write: its volumes, and memory that ends with it.
WRITABLE = {
    "nginx": {"/edge", "/tmp", "/etc/nginx/conf.d"},
    "static-list": {"/edge", "/tmp"},
    "kafka": {"/var/lib/kafka/data", "/tmp", "/opt/kafka/config", "/opt/kafka/logs"},
    "ingest": {"/data", "/tmp"},
    "redis": {"/data"},
    "redis-exporter": set(),
    "scheduler": {"/data", "/store", "/tmp"},
    "feedback-collect": {"/data", "/impressions", "/tmp"},
    "feedback-join": {"/data", "/tmp"},
    "console": {"/inbox", "/tmp"},
    "controller": {"/data/releases", "/store", "/tmp", "/run/docker.sock"},
    "prometheus": {"/prometheus"},
    "alertmanager": {"/alertmanager", "/tmp"},
    "nginx-exporter": set(),
    "cadvisor": set(),
    **{name: {"/impressions", "/tmp"} for name in INSTANCES},
}
# Of every container: memory for messages between processes, and devices.
ALWAYS = {"/dev/shm", "/dev", "/proc", "/dev/mqueue", "/dev/pts"}
SEARCH = (
    "find / -xdev -writable -type d 2>/dev/null; "
    'while read -r _ where _ options _; do case $options in rw*) [ -w "$where" ] && echo "$where";; esac; '
    "done </proc/mounts"
)


def test_a_user_gets_twenty_titles_and_learns_where_they_come_from(stack: TestStack) -> None:
    reply = get(stack.port, "/recommend/42")
    assert reply.status == 200
    assert len(set(reply.body.decode().split(","))) == 20
    assert re.fullmatch(r"\d{8}T\d{4}-[0-9a-f]{8}", reply.headers["x-model-version"])
    assert reply.headers["x-release"] == f"{reply.headers['x-model-version']}-abc1234"
    assert reply.headers["x-recommendation-source"] == "personal"


def test_all_instances_serve_the_same_model(stack: TestStack) -> None:
    found = {stack.inside(name, "sha256sum", "/model/manifest.json") for name in INSTANCES}
    assert len(found) == 1


def test_every_container_that_the_file_names_runs_and_is_well(stack: TestStack) -> None:
    assert set(stack.stack.services()) - DEMO == LISTENING.keys() == WRITABLE.keys()
    assert [name for name in LISTENING if not stack.stack.is_well(name)] == []


@pytest.mark.parametrize("service", sorted(LISTENING))
def test_only_the_intended_ports_listen(stack: TestStack, service: str) -> None:
    assert listening(stack, service) == LISTENING[service]


def test_only_nginx_is_reached_from_outside_of_this_host(stack: TestStack) -> None:
    published = {name: stack.stack.inspect(name, PUBLISHED).split() for name in LISTENING}
    assert {name for name, ports in published.items() if ports} == {
        "nginx",
        "prometheus",
        "alertmanager",
        "console",
    }
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize(
    "service", sorted(WRITABLE.keys() - {"nginx-exporter", "redis-exporter", "cadvisor"})
)
def test_a_container_cannot_write_outside_its_volumes(stack: TestStack, service: str) -> None:
    places = set(stack.inside(service, "sh", "-c", SEARCH).split()) - ALWAYS
    outside = {
        place
        for place in places
        if not any(place == allowed or place.startswith(f"{allowed}/") for allowed in WRITABLE[service])
        and not place.startswith(("/proc/", "/dev/"))
    }
    assert outside == set()
    assert "/tmp" not in WRITABLE[service] or "/tmp" in places  # the search sees what can be written


@pytest.mark.parametrize("service", sorted(WRITABLE))
def test_a_container_has_no_rights_that_it_does_not_need(stack: TestStack, service: str) -> None:
    lines = process_file(stack, service, "status").splitlines()
    facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert (
        stack.stack.inspect(service, "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Privileged}}")
        == "true false"
    )
    # cAdvisor reads what belongs to this host's root; the controller owns Docker's socket.
    assert (facts["Uid"].split()[0] == "0") == (service in ("cadvisor", "controller"))


def test_only_the_controller_may_tell_docker_what_to_do(stack: TestStack) -> None:
    template = '{{range .Mounts}}{{if eq .Destination "/var/run/docker.sock"}}{{.RW}}{{end}}{{end}}'
    assert {name: found for name in WRITABLE if (found := stack.stack.inspect(name, template))} == {
        "cadvisor": "false",
        "controller": "true",
    }


def test_the_console_shows_who_serves_and_hears_of_the_controller(stack: TestStack) -> None:
    port = stack.ports["CONSOLE_PORT"]
    assert "stable-1 40 %" in get(port, "/").body.decode()
    eventually(lambda: "Nobody listens" not in get(port, "/release").body.decode())
    eventually(lambda: "Mean time of a list" in get(port, "/").body.decode())  # only Prometheus tells that
    assert "is not known" not in get(port, "/data").body.decode()


def test_prometheus_sees_every_service_and_both_tracks(stack: TestStack) -> None:
    get(stack.port, "/recommend/1")
    tracks = eventually(lambda: {one["metric"]["track"] for one in stack.prometheus('up{job="app"} == 1')})
    assert tracks == {"stable", "canary"}

    def down() -> set[str]:
        return {one["metric"]["service"] for one in stack.prometheus("up == 0")}

    eventually(lambda: down() <= {"controller"})  # a machine that is busy may miss one scrape


def test_metrics_of_instances_are_not_for_users(stack: TestStack) -> None:
    assert get(stack.port, "/metrics").status == 404
