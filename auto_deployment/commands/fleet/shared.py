"""What the commands of `fleet` share: the store and the volume that the settings name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.fleet.opening import open_store
from auto_deployment.fleet.store import ModelStore
from auto_deployment.paths import Paths


def store_of(settings: Settings) -> ModelStore:
    """Return the store; raise `BadInputError` where none is set."""
    return open_store(settings.fleet.store, settings.fleet.model)


def opener_of(settings: Settings) -> Callable[[], ModelStore] | None:
    """Return what opens the store, None where none is set."""
    return partial(store_of, settings) if settings.fleet.store else None


def volume_of(settings: Settings) -> Path:
    """Return the node's folder for models."""
    return settings.fleet.volume or Paths(settings.data_dir).fleet


def state_file(volume: Path) -> Path:
    """Return where the agent says how things stand."""
    return volume / "agent.json"
