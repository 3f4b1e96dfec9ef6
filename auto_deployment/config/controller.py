"""The variables of the release controller: where its sources are, and whether a person has the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config.env import SettingsError, port

APPROVALS = ("auto", "manual")
INSTANCES = ("processes", "containers")  # of what a release is made


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Addresses as they are inside of Compose."""

    in_containers: bool = False  # else the instances are the plain processes of `run`
    image: str = "marquee"
    project_dir: Path = Path("/project")  # where docker-compose.yml is, inside of the controller's container
    edge_dir: Path = Path("/edge")
    prometheus_url: str = "http://prometheus:9090"
    nginx_status_url: str = "http://nginx:8083/stub_status"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9110
    needs_approval: bool = False


def controller_settings(env: Mapping[str, str]) -> ControllerSettings:
    """Read and check them; raise `SettingsError` naming the one that cannot be used."""
    usual = ControllerSettings()
    approval = env.get("APPROVAL") or "auto"
    if approval not in APPROVALS:
        raise SettingsError(f"APPROVAL is {approval!r}: use one of {', '.join(APPROVALS)}.")
    instances = env.get("INSTANCES") or INSTANCES[0]
    if instances not in INSTANCES:
        raise SettingsError(f"INSTANCES is {instances!r}: use one of {', '.join(INSTANCES)}.")
    return ControllerSettings(
        in_containers=instances == "containers",
        image=env.get("MARQUEE_IMAGE") or usual.image,
        project_dir=Path(env.get("PROJECT_DIR") or usual.project_dir),
        edge_dir=Path(env.get("EDGE_DIR") or usual.edge_dir),
        prometheus_url=_url(env, "PROMETHEUS_URL", usual.prometheus_url),
        nginx_status_url=_url(env, "NGINX_STATUS_URL", usual.nginx_status_url),
        metrics_host=env.get("CONTROLLER_METRICS_HOST") or usual.metrics_host,
        metrics_port=port(
            "CONTROLLER_METRICS_PORT", env.get("CONTROLLER_METRICS_PORT") or str(usual.metrics_port)
        ),
        needs_approval=approval == "manual",
    )


def _url(env: Mapping[str, str], name: str, usual: str) -> str:
    url = env.get(name) or usual
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{name} is {url!r}: use an address that begins with http:// or https://.")
    return url
