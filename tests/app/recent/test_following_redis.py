"""A whole instance and a real Redis: absent when it starts, there, and with another password."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from app.recent.events import RecentEvent, render
from auto_deployment.ingest.recent.sinks import RedisSink, SinkError
from tests.support.models import Size, write_model
from tests.support.redis_server import PASSWORD, Redis
from tests.support.server import Server, serving
from tests.support.systems.containers import docker
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab
USER = 7


@pytest.fixture
def redis() -> Iterator[Redis]:
    require_docker()
    made = Redis()
    yield made
    made.end()


def asked(server: Server) -> requests.Response:
    reply = requests.get(f"{server.url}/recommend/{USER}", timeout=5)
    assert reply.status_code == 200
    return reply


def listed(server: Server) -> list[str]:
    return asked(server).text.split(",")


def connected(server: Server) -> bool:
    lines = requests.get(f"{server.url}/metrics", timeout=5).text.splitlines()
    (value,) = (line.split()[-1] for line in lines if line.startswith("marquee_recent_connected"))
    return float(value) == 1


def says_once(server: Server) -> bool:
    """Tell whether no sentence was said again while it held: it is looked at twice a second."""
    said = [line.partition("Recent events: ")[2] for line in server.log_text().splitlines()]
    return all(one != other for one, other in pairwise(filter(None, said)))


def watches(redis: Redis, password: str, movie: str) -> bool:
    sink = RedisSink(redis.url, password)
    try:
        sink.send([render(RecentEvent(int(time.time()), USER, movie))])
    except SinkError:
        return False
    finally:
        sink.close()
    return True


def test_without_redis_it_serves_says_why_once_and_is_fresh_when_redis_comes(
    tmp_path: Path, redis: Redis
) -> None:
    docker("stop", "--time=1", redis.container)
    write_model(tmp_path / "model", Size(neighbours=40))
    variables = {"MODEL_DIR": str(tmp_path / "model"), "REDIS_URL": redis.url, "REDIS_PASSWORD": PASSWORD}
    with serving(tmp_path / "log", variables) as server:
        eventually(lambda: "X-Recommendation-Fresh" in asked(server).headers, saying=server.log_text)
        movie = listed(server)[0]
        eventually(lambda: "Recent events: Redis cannot be used" in server.log_text())
        assert not connected(server)
        docker("start", redis.container)
        eventually(lambda: watches(redis, PASSWORD, movie))
        eventually(lambda: movie not in listed(server), saying=server.log_text)
        eventually(lambda: connected(server), saying=server.log_text)  # an event is seen before its facts are
        assert says_once(server)
        another_password(redis, server)


def another_password(redis: Redis, server: Server) -> None:
    """Give Redis another password: one sentence, lists as before, and it goes on when that is taken back."""
    redis.client.config_set("requirepass", "another")
    redis.client.client_kill_filter(_type="normal", skipme=True)
    says = "check REDIS_URL and REDIS_PASSWORD"
    eventually(lambda: says in server.log_text(), saying=server.log_text)
    eventually(lambda: not connected(server), saying=server.log_text)
    movie = listed(server)[0]
    redis.client.config_set("requirepass", PASSWORD)
    assert watches(redis, PASSWORD, movie)
    eventually(lambda: movie not in listed(server), saying=server.log_text)
    assert says_once(server)
    assert PASSWORD not in server.log_text()
