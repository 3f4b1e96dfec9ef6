"""Every place that may hold a user, published versions too."""

from collections.abc import Sequence

from auto_deployment.commands.cycle_wiring import make_cycle
from auto_deployment.commands.feedback.shared import database
from auto_deployment.config import Settings
from auto_deployment.cycle.forgotten import look_for_forgotten
from auto_deployment.ingest.recent.followed import followed
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.people.all_places import places_of
from auto_deployment.people.places import Place
from auto_deployment.people.version_place import VersionPlace


def places(settings: Settings) -> Sequence[Place]:
    """Return the places of the data directory, and who is told."""
    return places_of(Paths(settings.data_dir), database(settings), followed(settings))


def every_place(settings: Settings) -> Sequence[Place]:
    """Return the places with the published versions as they are now."""
    days = load_params(settings.params_file).retrain.forgotten_days
    versions = VersionPlace(look_for_forgotten(make_cycle(settings)), days)
    return [*places(settings), versions]
