"""What the following process is told: over its standard input, where no list of processes shows it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process that follows needs none of what it imports
    from app.config import Settings


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """Whose events go where. `redis_url` comes before `file`."""

    folder: str
    model_dir: str
    parent: int  # when this process has ended, nobody follows for it
    max_mb: int
    log_level: str
    redis_url: str | None = None
    redis_password: str | None = None
    file: str | None = None

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "FollowOptions":
        return cls(**json.loads(text))

    def of_parent(self, parent: int) -> "FollowOptions":
        return replace(self, parent=parent)

    @property
    def lock(self) -> Path:
        return Path(self.folder) / "follower.lock"


def options_of(settings: "Settings") -> FollowOptions:
    """Return what the settings of a worker, which has a folder, say."""
    return FollowOptions(
        # Absolute, as the process that follows starts elsewhere; not resolved: the model's link is swapped.
        folder=str(settings.recent_dir and settings.recent_dir.absolute()),
        model_dir=str(settings.model_dir.absolute()),
        parent=0,
        max_mb=settings.recent_max_mb,
        log_level=settings.log_level,
        redis_url=settings.redis_url,
        redis_password=settings.redis_password,
        file=str(settings.recent_file.absolute()) if settings.recent_file else None,
    )
