"""Demo data: the past of a simulated platform in a data directory, within seconds."""

import hashlib
import json
from dataclasses import asdict

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.segments import publish_segment, segment_path, stage_segment
from auto_deployment.paths import Paths
from auto_deployment.simulate.params import SimulateParams
from auto_deployment.simulate.past import SimulatedPast
from auto_deployment.simulate.platform.platform import Platform


def write_demo(params: SimulateParams, scale: tuple[float, float], paths: Paths) -> bool:
    """Write catalogue and segment; do nothing and return `False` where this was done before.

    The segment holds what ingesting the undamaged lines of the same platform gives.
    """
    fingerprint = _fingerprint(params, scale)
    name = f"simulation-{fingerprint[:16]}"
    if segment_path(paths.segments, name).exists():
        return False
    platform = Platform.build(params)
    MOVIES.write(paths.catalog, platform.movies_frame())
    USERS.write(paths.catalog, platform.users_frame())
    past = SimulatedPast(platform, scale)
    source = {"kind": "simulation", "sha256": fingerprint}
    return publish_segment(
        stage_segment(paths.segments, name, past.record_batches(), lambda: past.meta(source))
    )


def _fingerprint(params: SimulateParams, scale: tuple[float, float]) -> str:
    past = {
        name: value for name, value in asdict(params).items() if name != "lists"
    }  # nothing of it is in there
    content = json.dumps([past, scale], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
