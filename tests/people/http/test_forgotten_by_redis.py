"""Who is forgotten over HTTP is forgotten by an instance that follows a real Redis, at once."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.recent.events import RecentEvent, render
from app.recent.follower import Follower, FollowerPlace
from app.recent.redis_feed import RedisFeed
from app.recent.watermark import ModelWatermark
from auto_deployment.config.recent import RecentSettings
from auto_deployment.ingest.recent.sinks import RedisSink
from tests.people.conftest import ANN
from tests.people.http.conftest import Asker, make_app
from tests.support.redis_server import PASSWORD, Redis
from tests.support.systems.containers import docker
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab
OTHER = 2


@pytest.fixture
def server() -> Iterator[Redis]:
    require_docker()
    made = Redis()
    yield made
    made.end()


class Instance:
    """What follows for an instance, step by step."""

    def __init__(self, folder: Path, url: str) -> None:
        place = FollowerPlace(folder / "recent", 32, ModelWatermark(folder))
        self.follower = Follower(RedisFeed(url, PASSWORD, sleep=lambda seconds: None, check_s=0), place)

    def holds(self) -> set[int]:
        """Return of whom something is held, after another look."""
        self.follower.step()
        return {one.user_id for one in self.follower._store.everything()}

    def forgotten(self) -> set[int]:
        return set(self.follower._store.forgotten)


def still_held(status: Any) -> set[str]:
    return {one["where"] for one in status["held"]}


def test_an_instance_drops_what_it_holds_and_takes_no_earlier_event_again(
    root: Path, tmp_path: Path, server: Redis
) -> None:
    ask = Asker(make_app(root, RecentSettings(redis_url=server.url, redis_password=PASSWORD)))
    ingest, instance = RedisSink(server.url, PASSWORD), Instance(tmp_path, server.url)
    watched = [render(RecentEvent(int(time.time()) - 60, user, "heat+1995")) for user in (ANN, OTHER)]
    ingest.send(watched)
    assert instance.holds() == {ANN, OTHER}
    assert "instances" not in still_held(ask("PUT", f"/forgotten/{ANN}").json)
    assert instance.holds() == {OTHER}
    assert instance.forgotten() == {ANN}
    ingest.send(watched)  # as ingest does after a restart
    assert instance.holds() == {OTHER}
    instance.follower.close()
    ingest.close()


def test_while_redis_is_away_the_answer_says_so_and_asking_again_tells_the_instances(
    root: Path, tmp_path: Path, server: Redis
) -> None:
    ask = Asker(make_app(root, RecentSettings(redis_url=server.url, redis_password=PASSWORD)))
    docker("kill", server.container)
    assert "instances" in still_held(ask("PUT", f"/forgotten/{ANN}").json)
    docker("start", server.container)
    eventually(server.answers)
    assert "instances" not in still_held(ask("PUT", f"/forgotten/{ANN}").json)
    instance = Instance(tmp_path, server.url)
    instance.holds()
    assert instance.forgotten() == {ANN}
    instance.follower.close()
