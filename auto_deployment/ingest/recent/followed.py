"""Which feed the instances of a data directory follow."""

from dataclasses import replace

from auto_deployment.config import Settings
from auto_deployment.config.recent import RecentSettings
from auto_deployment.paths import Paths, RunLayout


def followed(settings: Settings) -> RecentSettings:
    """Return where recent events go: where the environment says, else to the file of a demo's run, if any."""
    recent, file = settings.recent, RunLayout.below(Paths(settings.data_dir).run).recent_file
    if recent.redis_url or recent.file or not file.exists():
        return recent
    return replace(recent, file=file)
