"""A whole system in a hurry: what a test waits for comes in seconds. Nothing else of it is changed."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.project import PROJECT

MONITORING = PROJECT / "monitoring"
SCRAPE_S = 2
# Each look is a process that starts in a container, and takes time from everybody.
HEALTH_S = {
    **dict.fromkeys(("nginx", "stable-1", "stable-2", "canary"), 2),
    **dict.fromkeys(("static-list", "kafka", "ingest", "scheduler", "controller"), 4),
    **dict.fromkeys(("prometheus", "alertmanager", "maildev"), 5),
}


def hasty_health() -> dict[str, Any]:
    """Return what an override says of health checks."""
    return {name: {"healthcheck": {"interval": f"{seconds}s"}} for name, seconds in HEALTH_S.items()}


def hasty_prometheus(folder: Path) -> Path:
    """Copy Prometheus' configuration: it looks every two seconds, and misses an instance as soon."""
    copy = _copy("prometheus", folder)
    times = {
        "scrape_interval: 10s": f"scrape_interval: {SCRAPE_S}s",
        "scrape_timeout: 5s": f"scrape_timeout: {SCRAPE_S}s",
        "evaluation_interval: 10s": f"evaluation_interval: {SCRAPE_S}s",
    }
    _replace(copy / "prometheus.yml", times)
    rules = copy / "rules" / "serving.yml"
    content = yaml.safe_load(rules.read_text("utf-8"))
    for group in content["groups"]:
        for rule in group["rules"]:
            if rule.get("alert") == "InstanceDown":
                rule["for"] = f"{SCRAPE_S}s"
    rules.write_text(yaml.safe_dump(content), "utf-8")
    return copy


def hasty_alertmanager(folder: Path) -> Path:
    """Copy Alertmanager's configuration: what is critical is mailed, and mailed again, within seconds."""
    copy = _copy("alertmanager", folder)
    _replace(
        copy / "alertmanager.yml",
        {"group_wait: 5s": "group_wait: 1s", "group_interval: 1m": "group_interval: 1s"},
    )
    return copy


def _copy(name: str, folder: Path) -> Path:
    copy = folder / name
    shutil.copytree(MONITORING / name, copy)
    copy.chmod(0o755)  # the containers have accounts of their own
    return copy


def _replace(file: Path, words: Mapping[str, str]) -> None:
    text = file.read_text("utf-8")
    for usual, hasty in words.items():
        assert usual in text, f"{file.name} has no longer {usual!r}"
        text = text.replace(usual, hasty)
    file.write_text(text, "utf-8")
