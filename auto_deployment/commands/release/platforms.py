"""What carries instances, behind the ports of releases: Compose's containers or the pods of Kubernetes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.params import Params
from auto_deployment.paths import Paths
from auto_deployment.release.containers.docker import Docker
from auto_deployment.release.containers.images import DockerImages
from auto_deployment.release.containers.instances import ComposeInstances, own_project
from auto_deployment.release.containers.nginx import TRACK_OF_PORT, NginxContainer
from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.kubernetes.edge import KubernetesEdge
from auto_deployment.release.kubernetes.front import EdgeLogs, Requests
from auto_deployment.release.kubernetes.images import KubernetesImages
from auto_deployment.release.kubernetes.instances import KubernetesInstances
from auto_deployment.release.observe.nginx_status import counter
from auto_deployment.release.ports import Edge, Images, Instances

TRACKS = TRACK_OF_PORT  # the ports of both platforms tell the track


@dataclass(frozen=True, slots=True)
class Platform:
    """Ports, and where NGINX tells what users met."""

    instances: Instances
    images: Images
    edge: Edge
    log: Path
    requests: Callable[[], int | None]
    bring: Callable[[], None] | None = None  # has the log be complete


def platform(settings: Settings, params: Params) -> Platform:
    """Return what the settings name; raise `MarqueeError` where that is not what we are in."""
    if settings.controller.on_kubernetes:
        api, paths = Api.of_pod(), Paths(settings.data_dir)
        images, logs = KubernetesImages(api, paths.kubernetes), EdgeLogs(api, paths.brought_log)
        return Platform(
            instances=KubernetesInstances(api, images),
            images=images,
            edge=KubernetesEdge(api, params.traffic),
            log=paths.brought_log,
            requests=Requests(api),
            bring=logs.bring,
        )
    own, docker = settings.controller, Docker()
    docker_images, project = DockerImages(docker, own.image), own_project(docker, own.project_dir)
    return Platform(
        instances=ComposeInstances(docker, project, docker_images),
        images=docker_images,
        edge=NginxContainer(docker, project.name, own.edge_dir / "upstream", params.traffic),
        log=own.edge_dir / "logs" / "edge.log",
        requests=counter(own.nginx_status_url),
    )
