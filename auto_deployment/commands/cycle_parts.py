"""What `retrain`, `schedule`, `retain` and `provenance` are wired from."""

import json
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.cycle_workshop import Project, Workshop
from auto_deployment.local.layout import PROJECT
from auto_deployment.paths import Paths
from auto_deployment.publish import factory
from auto_deployment.publish.layout import CycleLayout
from auto_deployment.publish.outcome import Outcome


def make_workshop(settings: Settings) -> Workshop:
    """Return everything that one cycle needs."""
    paths, publish = Paths(settings.data_dir), settings.publish
    project = Project(PROJECT, settings.params_file, publish.git_branch, publish.git_remote is not None)
    return Workshop(paths, factory.build(paths.cycle, publish), project)


def last_outcome(layout: CycleLayout) -> Outcome | None:
    """Return how the last cycle ended, None before the first one or where the record cannot be read."""
    return _read(layout.last)


def last_published(layout: CycleLayout) -> Outcome | None:
    """Return the last outcome that published something."""
    return _read(layout.last_published)


def _read(path: Path) -> Outcome | None:
    try:
        return Outcome.from_json(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
