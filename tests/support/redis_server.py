"""A real Redis in a container, and what tests do to it."""

import redis

from tests.support.ports import free_port
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

IMAGE = "redis:8.0-alpine"
PASSWORD = "a secret"


class Redis:
    """One server in a container, on a port of its own; what it holds goes when it ends."""

    def __init__(self, name: str | None = None) -> None:
        port = free_port()
        named = [] if name is None else [f"--name={name}"]
        self.url = f"redis://127.0.0.1:{port}"
        words = ["redis-server", "--save", "", "--requirepass", PASSWORD]
        self.container = docker(
            "run",
            "--detach",
            "--label",
            "marquee-test",
            *named,
            f"--publish=127.0.0.1:{port}:6379",
            IMAGE,
            *words,
        ).strip()
        self.client = redis.Redis.from_url(self.url, password=PASSWORD)
        eventually(self.answers, 60)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """Kill it, and start another that is empty."""
        docker("kill", self.container)
        docker("start", self.container)

    def end(self) -> None:
        self.client.close()
        docker("rm", "--force", self.container)
