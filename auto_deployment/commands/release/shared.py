"""Options and objects that the commands of `release` share."""

import argparse
import getpass
from datetime import UTC, datetime

from auto_deployment.config import Settings
from auto_deployment.host.revision import code_revision
from auto_deployment.local.instances import instances
from auto_deployment.local.releases.edge import local_traffic
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.params import TrafficParams, load_params
from auto_deployment.paths import PROJECT, Paths, RunLayout
from auto_deployment.release.containers.docker import Docker
from auto_deployment.release.containers.images import DockerImages
from auto_deployment.release.containers.nginx import NginxContainer
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.kubernetes.edge import KubernetesEdge
from auto_deployment.release.kubernetes.images import KubernetesImages
from auto_deployment.release.operator.ask import Operator
from auto_deployment.release.operator.look import Look
from auto_deployment.release.reconcile import Traffic
from auto_deployment.release.store import Store


def add_by(parser: argparse.ArgumentParser) -> None:
    """Declare who speaks; it stands in the release's record and in mails."""
    parser.add_argument("--by", default=_user(), metavar="NAME", help="for the record (default: %(default)s)")


def inbox(settings: Settings) -> Inbox:
    """Return where the controller listens."""
    return Inbox(Paths(settings.data_dir).release_inbox)


def store(settings: Settings) -> Store:
    """Return where releases are."""
    return Store(Paths(settings.data_dir).releases)


def images(settings: Settings) -> DockerImages | KubernetesImages | ModelStore:
    """Return the images on this host or of the cluster, or for plain processes the models."""
    if settings.controller.on_kubernetes:
        return KubernetesImages(Api.of_pod(), Paths(settings.data_dir).kubernetes)
    if settings.controller.in_containers:
        return DockerImages(Docker(), settings.controller.image)
    revision = code_revision(PROJECT, settings.code_revision).short
    return ModelStore(Paths(settings.data_dir), revision)


def operator(settings: Settings) -> Operator:
    """Return who asks the controller."""
    params = load_params(settings.params_file).release
    return Operator(Paths(settings.data_dir), inbox(settings), params, settings.controller.needs_approval)


def look(settings: Settings) -> Look:
    """Return where releases are looked at, with containers or plain processes."""
    params, paths = load_params(settings.params_file), Paths(settings.data_dir)
    approval = settings.controller.needs_approval
    return Look(paths, params.release, params.traffic, approval, lambda: _traffic(settings, params.traffic))


def _traffic(settings: Settings, params: TrafficParams) -> Traffic:
    if settings.controller.on_kubernetes:
        return KubernetesEdge(Api.of_pod(), params).read()
    if settings.controller.in_containers:
        return NginxContainer(Docker(), "", settings.controller.edge_dir / "upstream", params).read()
    layout = RunLayout.below(Paths(settings.data_dir).run)
    return local_traffic(layout.upstream_conf, instances(settings.local))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
