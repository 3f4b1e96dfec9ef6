"""Whether there is anything to train on, before a cycle does any work."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auto_deployment.dataset.segments import SUFFIX
from auto_deployment.ingest.open_since import when_closed
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.data_versions import INPUTS


@dataclass(frozen=True, slots=True)
class Project:
    """Where the code that runs lies, and which parameters count: the seed of a local remote."""

    root: Path
    params_file: Path
    branch: str
    has_remote: bool
    segment_max_age_s: float  # of ingest: so soon a first event becomes a segment


def why_nothing(
    paths: Paths, layout: CycleLayout, project: Project, now: datetime, *, refreshed: bool
) -> str | None:
    """Say that nothing has come in, and when something does; None where there are events, here or published.

    It costs a look at a folder, where the rest of a cycle takes git and DVC to find that. Before the clone
    is refreshed nobody knows what a remote has.
    """
    published = project.has_remote or layout.git_remote.exists()
    if refreshed:
        published = (layout.clone / f"{INPUTS[0]}.dvc").exists()
    if published or any(not one.name.startswith(".") for one in paths.segments.glob(f"*{SUFFIX}")):
        return None
    return f"Nothing to train on yet: {when_closed(paths.open_batch, project.segment_max_age_s, now)}."
