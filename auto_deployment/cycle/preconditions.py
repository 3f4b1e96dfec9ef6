"""Whether there is anything to train on, before a cycle does any work."""

from datetime import datetime

from auto_deployment.cycle.context import Cycle
from auto_deployment.dataset.segments import SUFFIX
from auto_deployment.ingest.open_since import when_closed
from auto_deployment.publish.data_versions import INPUTS


def why_nothing(cycle: Cycle, now: datetime, *, refreshed: bool) -> str | None:
    """Say that nothing has come in, and when something does; None where there are events, here or published.

    It costs a look at a folder, where the rest of a cycle takes git and DVC to find that. Before the clone
    is refreshed nobody knows what a remote has.
    """
    paths, project = cycle.paths, cycle.project
    published = project.has_remote or cycle.layout.git_remote.exists()
    if refreshed:
        published = (cycle.layout.clone / f"{INPUTS[0]}.dvc").exists()
    if published or any(not one.name.startswith(".") for one in paths.segments.glob(f"*{SUFFIX}")):
        return None
    return f"Nothing to train on yet: {when_closed(paths.open_batch, project.segment_max_age_s, now)}."
