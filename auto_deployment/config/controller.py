"""The variables of the release controller: where its sources are, and whether a person has the last word."""

from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config.env import Variables, one_of, port, url


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Addresses as they are inside of Compose."""

    instances: str = "processes"  # of `run`, or `containers` of Compose, or `kubernetes`
    image: str = "marquee"
    project_dir: Path = Path("/project")  # where docker-compose.yml is, inside of the controller's container
    edge_dir: Path = Path("/edge")
    prometheus_url: str = "http://prometheus:9090"
    nginx_status_url: str = "http://nginx:8083/stub_status"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9110
    needs_approval: bool = False
    feedback_dir: Path | None = None  # where feedback counts; None: lists watched are not compared

    @property
    def in_containers(self) -> bool:
        """Tell whether instances are services of Compose."""
        return self.instances == "containers"

    @property
    def on_kubernetes(self) -> bool:
        """Tell whether instances are pods."""
        return self.instances == "kubernetes"


VARIABLES: Variables = {
    "APPROVAL": ("needs_approval", lambda text: one_of(("auto", "manual"))(text) == "manual"),
    "INSTANCES": ("instances", one_of(("processes", "containers", "kubernetes"))),
    "MARQUEE_IMAGE": ("image", str),
    "PROJECT_DIR": ("project_dir", Path),
    "EDGE_DIR": ("edge_dir", Path),
    "FEEDBACK_DIR": ("feedback_dir", Path),
    "PROMETHEUS_URL": ("prometheus_url", url),
    "NGINX_STATUS_URL": ("nginx_status_url", url),
    "CONTROLLER_METRICS_HOST": ("metrics_host", str),
    "CONTROLLER_METRICS_PORT": ("metrics_port", port),
}
