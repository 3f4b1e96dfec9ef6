"""What Gunicorn calls: the application of the environment, or one sentence and the end."""

import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from app import create_app
from app.artifact import ArtifactError
from app.config import Settings, SettingsError
from app.models.named import wait_for_models

STARTING_NICENESS = 5

log = logging.getLogger(__name__)


def application() -> Flask:
    """Build the application; settings or a model that cannot be used end the process with status 2.

    A model is loaded and tried in a thread whose turn comes after that of others on this host: niceness is a
    thread's, so workers, which come from the main thread, have none.
    """
    with ThreadPoolExecutor(1, initializer=_wait_for_others) as starting:
        return starting.submit(_build).result()


def _wait_for_others() -> None:
    thread = threading.get_native_id()
    has = os.getpriority(os.PRIO_PROCESS, thread)
    os.setpriority(os.PRIO_PROCESS, thread, max(has, STARTING_NICENESS))


def _build() -> Flask:
    try:
        settings = Settings.from_env()
        logging.basicConfig(
            level=settings.log_level,
            format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        log.info("Settings: %s", settings)
        wait_for_models(settings)
        return create_app(settings)
    except (SettingsError, ArtifactError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
