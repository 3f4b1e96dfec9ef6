"""Which Compose project the controller belongs to: its own container's labels say so."""

import json
import socket
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.release.docker import Docker
from auto_deployment.release.instances import PROJECT, ComposeProject

WORKING_DIR = "com.docker.compose.project.working_dir"


def own_project(docker: Docker, project_dir: Path) -> ComposeProject:
    """Return the project of the container that we are in; raise `MarqueeError` outside of one.

    Compose on the host and Compose in here must mean the same: relative paths are those of the host's folder,
    while the file itself is read from where it is mounted.
    """
    labels = json.loads(docker.run("inspect", "--format", "{{json .Config.Labels}}", socket.gethostname()))
    if PROJECT not in labels:
        raise MarqueeError("This container is not Compose's: releases are carried out by `controller`.")
    options = ["--project-directory", labels[WORKING_DIR], "--file", str(project_dir / "docker-compose.yml")]
    environment = project_dir / ".env"
    if environment.is_file():
        options += ["--env-file", str(environment)]
    return ComposeProject(labels[PROJECT], tuple(options))
