"""IMPRESSIONS: whether the service writes down what it shows, and where `feedback collect` finds it."""

from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config.env import Variables, one_of


@dataclass(frozen=True, slots=True)
class ImpressionSettings:
    """`off`: NGINX's edge log and the platform's stream tell. `log`: the service itself."""

    mode: str = "off"
    folder: Path | None = None  # None: that of `run`

    @property
    def by_service(self) -> bool:
        return self.mode == "log"


VARIABLES: Variables = {
    "IMPRESSIONS": ("mode", one_of(("off", "log"))),
    "IMPRESSIONS_DIR": ("folder", Path),
}
