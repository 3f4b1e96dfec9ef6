"""Instances of the service as plain Gunicorn processes: which, how each starts, when it is ready."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.local.processes import Program
from auto_deployment.local.tcp_ports import answers
from auto_deployment.paths import PROJECT, RunLayout

STABLE = "stable"
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of the service. All of a track listen on one port, so that an address tells its track."""

    name: str
    track: str
    host: str
    port: int

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def is_ready(self, timeout_s: float = 1.0) -> bool:
        """Ask the instance itself, past NGINX."""
        return answers(self.host, self.port, "/health/ready", timeout_s)


def instances(addresses: LocalAddresses) -> list[Instance]:
    """Return the two stable instances and the canary, in this order; only this host reaches them."""
    return [
        Instance("stable-1", STABLE, "127.0.0.1", addresses.stable_port),
        Instance("stable-2", STABLE, "127.0.0.2", addresses.stable_port),
        Instance("canary", CANARY, "127.0.0.1", addresses.canary_port),
    ]


def gunicorn(instance: Instance, model_dir: Path, code_revision: str, layout: RunLayout) -> Program:
    """Return the program that is this instance; what our own environment says of it does not count."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("RELEASE_ID", "RECENT_DIR")
    }
    own = {
        "MODEL_DIR": str(model_dir.absolute()),  # not resolved: the link is followed to each new model
        "TRACK": instance.track,
        "CODE_REVISION": code_revision,
        "HOST": instance.host,
        "PORT": str(instance.port),
        "PROMETHEUS_MULTIPROC_DIR": str(layout.metrics / instance.name),
        "IMPRESSIONS_DIR": os.environ.get("IMPRESSIONS_DIR") or str(layout.impressions.absolute()),
    }
    if layout.recent_file.exists():
        own["RECENT_FILE"] = os.environ.get("RECENT_FILE") or str(layout.recent_file.absolute())
    return Program(
        name=instance.name,
        command=[sys.executable, "-m", "gunicorn", "--config", "app/gunicorn.conf.py"],
        log=layout.log(instance.name),
        environ={**inherited, **own},
        folder=PROJECT,
    )
