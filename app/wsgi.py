"""What Gunicorn calls: the application of the environment, or one sentence and the end."""

import logging
import sys

from flask import Flask

from app import create_app
from app.artifact import ArtifactError
from app.config import Settings, SettingsError

log = logging.getLogger(__name__)


def application() -> Flask:
    """Build the application; settings or a model that cannot be used end the process with status 2."""
    try:
        settings = Settings.from_env()
        logging.basicConfig(
            level=settings.log_level,
            format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        log.info("Settings: %s", settings)
        return create_app(settings)
    except (SettingsError, ArtifactError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
