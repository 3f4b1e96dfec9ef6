"""Prometheus for tests: one that answers what it is told, and the real one."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.ports import free_port
from tests.support.rules import PROMETHEUS
from tests.support.systems.containers import docker

IMAGE = "prom/prometheus:v3.5.3"
EXPORTER_IMAGE = "nginx/nginx-prometheus-exporter:1.5.1"
# A length of time as the real one reads it: whole numbers only.
DURATION = re.compile(r"([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?")
REFUSAL = b'{"status": "error", "error": "cannot parse the timeout to a valid duration"}'


@dataclass
class FakePrometheus:
    """What it answers, and the path and parameters of each question."""

    body: bytes = b""
    status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    body_of: Callable[[str, dict[str, str]], bytes] | None = None  # by path and parameters, instead of `body`

    def answer(self, result: Any, kind: str = "vector") -> None:
        data = {"resultType": kind, "result": result}
        self.status, self.body = 200, json.dumps({"status": "success", "data": data}).encode()


@contextmanager
def fake_prometheus() -> Iterator[FakePrometheus]:
    """Answer on a free port."""
    fake = FakePrometheus()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parameters = {name: one for name, (one,) in parse_qs(url.query).items()}
            fake.asked.append((url.path, parameters))
            understood = DURATION.fullmatch(parameters.get("timeout", "1s"))
            body = fake.body_of(url.path, parameters) if fake.body_of else fake.body
            self.send_response(fake.status if understood else 400)
            self.end_headers()
            self.wfile.write(body if understood else REFUSAL)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def container(*words: str) -> Iterator[None]:
    """Run a container on the host's network, so that it reaches what tests have started there."""
    name = docker("run", "--detach", "--network=host", *words)
    try:
        yield
    finally:
        docker("rm", "--force", "--volumes", name)


@contextmanager
def real_prometheus(folder: Path, app: dict[str, int], exporter_port: int) -> Iterator[str]:
    """Run the real one with the shipped configuration on other targets, a scrape a second; yield its address.

    `app` gives each service of the shipped configuration its port.
    """
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    for target in jobs["app"]["static_configs"]:
        target["targets"] = [f"127.0.0.1:{app[target['labels']['service']]}"]
    jobs["nginx"]["static_configs"][0]["targets"] = [f"127.0.0.1:{exporter_port}"]
    config["scrape_configs"] = [jobs["app"], jobs["nginx"]]
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s"}
    for unwanted in ("rule_files", "alerting"):
        config.pop(unwanted)
    folder.mkdir()
    folder.chmod(0o755)
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), "utf-8")
    file.chmod(0o644)
    port = free_port()
    mount = ("--volume", f"{folder}:/etc/prometheus:ro")
    flags = (
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--rules.alert.for-grace-period=1m",
    )
    with container(*mount, IMAGE, *flags, f"--web.listen-address=127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}"
