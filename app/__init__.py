"""The inference service: answers `GET /recommend/<user>` from a memory-mapped model."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings
    from app.recommender import Recommender


def create_app(settings: "Settings | None" = None, recommender: "Recommender | None" = None) -> "Flask":
    """Build the application, from the environment and the model it names unless they are given.

    Raises `SettingsError` or `ArtifactError`. Flask is imported here: who writes or measures a model, through
    `app.artifact` and `app.recommender`, needs none.
    """
    from app.config import Settings
    from app.factory import build

    return build(settings or Settings.from_env(), recommender)
