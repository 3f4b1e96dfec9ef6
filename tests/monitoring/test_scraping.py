"""Whom Prometheus asks, against who is there."""

import re
from typing import Any

import yaml

from tests.support.project import PROJECT
from tests.support.rules import PROMETHEUS

# The release and the cycle, ingest and the instances say where they listen; the others are known for it.
PORTS = {
    "ingest": 9108, "scheduler": 9109, "controller": 9110, "feedback-collect": 9111, "feedback-join": 9112,
    "nginx-exporter": 9113, "redis-exporter": 9121, "cadvisor": 8080, "prometheus": 9090,
    "alertmanager": 9093, "agent": 9113, "grpc": 8501, "grpc-canary": 8501, "search-agent": 9113,
    "search": 8088, "master": 8087,
    **{f"search-shard-{number}": 8090 for number in range(4)},
}  # fmt: skip
# NGINX and Redis have exporters, Kafka is known through ingest, and nobody depends on the rest.
UNASKED = {
    "nginx", "redis", "kafka", "static-list", "console", "events", "postgres", "simulator", "maildev",
    "grafana", "grpc-nginx",
}  # fmt: skip
# Found by its name where it runs: who is not there is no target, and so does not look as if it were down.
OPTIONAL = "dns_sd_configs"


def scraped() -> dict[str, dict[str, Any]]:
    """Return service -> its job, address and track."""
    content = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    found = {}
    for job in content["scrape_configs"]:
        if OPTIONAL in job:
            [asked] = job[OPTIONAL]
            for name in asked["names"]:
                address = f"{name}:{asked['port']}"
                found[name] = {"job": job["job_name"], "address": address, "track": None}
            continue
        for group in job.get("static_configs", []):  # callers are other teams', in files of their own
            [address] = group["targets"]
            labels = group["labels"]
            found[labels["service"]] = {
                "job": job["job_name"],
                "address": address,
                "track": labels.get("track"),
            }
    return found


def services() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))["services"]
    return composed


def test_every_service_is_asked_by_itself_at_its_address() -> None:
    asked = scraped()
    assert set(services()) - UNASKED <= set(asked)
    for service, port in PORTS.items():
        host = "localhost" if service == "prometheus" else service
        assert asked[service]["address"] == f"{host}:{port}"


def test_the_track_of_an_address_is_the_one_its_instance_is_told() -> None:
    instances = {name: one for name, one in services().items() if "PORT" in (one.get("environment") or {})}
    assert instances.keys() == {name for name, one in scraped().items() if one["job"] == "app"}
    for name, instance in instances.items():
        told = instance["environment"]
        assert scraped()[name]["track"] == told["TRACK"]
        assert scraped()[name]["address"] == f"{name}:{told['PORT']}"


def test_whoever_runs_only_where_a_profile_says_so_is_no_target_elsewhere() -> None:
    content = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    optional = {
        name for job in content["scrape_configs"] for one in job.get(OPTIONAL, ()) for name in one["names"]
    }
    assert optional == {name for name in scraped() if services()[name].get("profiles")}
    for job in content["scrape_configs"]:
        labels = {one["target_label"]: one for one in job.get("relabel_configs", ())}
        for name in (name for one in job.get(OPTIONAL, ()) for name in one["names"]):
            rule = labels["service"]  # the name that was asked for, or the only one that is
            assert rule.get("source_labels") == ["__meta_dns_name"] or rule["replacement"] == name


def test_only_instances_have_a_track() -> None:
    assert {one["job"] for one in scraped().values() if one["track"]} == {"app"}


def test_what_prometheus_keeps_is_bounded_in_time_and_size() -> None:
    flags = " ".join(services()["prometheus"]["command"])
    assert re.search(r"--storage\.tsdb\.retention\.time=\d+d", flags)
    assert re.search(r"--storage\.tsdb\.retention\.size=\d+GB", flags)
