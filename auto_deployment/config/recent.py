"""The variables of what is told to the instances at once."""

from dataclasses import dataclass, field
from pathlib import Path

from app.config import redis_url
from auto_deployment.config.env import Variables, secret


@dataclass(frozen=True, slots=True)
class RecentSettings:
    """Where recent events go: a Redis stream, else a file, else nowhere."""

    redis_url: str | None = field(default=None, repr=False)
    redis_password: str | None = field(default=None, repr=False)
    file: Path | None = None


VARIABLES: Variables = {
    "REDIS_URL": ("redis_url", redis_url),
    **secret("REDIS_PASSWORD", "redis_password"),
    "RECENT_FILE": ("file", Path),
}
