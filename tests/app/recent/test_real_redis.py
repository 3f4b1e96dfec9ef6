"""The feed and the sink against a real Redis: gone, hung, flushed, begun empty, trimmed, with a password."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.recent.digest import held
from app.recent.follower import Follower, FollowerPlace
from app.recent.redis_feed import STREAM, Place, RedisFeed
from app.recent.watermark import ModelWatermark
from auto_deployment.ingest.recent.sinks import RedisSink, SinkError
from tests.support.redis_server import PASSWORD, Redis
from tests.support.systems.containers import docker
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    require_docker()
    made = Redis()
    yield made
    made.end()


@pytest.fixture
def feed(server: Redis) -> Iterator[RedisFeed]:
    server.client.flushall()
    made = RedisFeed(server.url, PASSWORD, sleep=lambda seconds: None, check_s=0)
    yield made
    made.close()


def lines(*numbers: int) -> list[bytes]:
    return [f"1790000000 {number} heat+1995 started".encode() for number in numbers]


def test_what_is_sent_comes_in_order_and_once(server: Redis, feed: RedisFeed) -> None:
    first = feed.poll(None, 0, 0.01)
    assert (first.lines, first.trouble) == ([], "")
    sink = RedisSink(server.url, PASSWORD)
    sink.send(lines(*range(1500)))
    found, position = [], first.position
    for _ in range(3):
        polled = feed.poll(position, 0, 0.01)
        position = polled.position
        found += polled.lines
    assert found == lines(*range(1500))
    assert position is not None
    assert Place.of(position, 0).read == 1500
    sink.close()


def test_what_was_trimmed_is_counted(server: Redis, feed: RedisFeed) -> None:
    sink = RedisSink(server.url, PASSWORD)
    sink.send(lines(1, 2))
    position = feed.poll(None, 0, 0.01).position
    sink.send(lines(*range(10)))
    server.client.xtrim(STREAM, 4, approximate=False)
    polled = feed.poll(position, 0, 0.01)
    assert polled.lines == lines(6, 7, 8, 9)
    assert polled.lost == 6
    assert "6 events were trimmed" in polled.trouble
    assert feed.poll(polled.position, 0, 0.01).trouble == ""
    sink.close()


def test_a_flushed_redis_is_read_from_its_beginning(server: Redis, feed: RedisFeed) -> None:
    sink = RedisSink(server.url, PASSWORD)
    sink.send(lines(1, 2, 3))
    position = feed.poll(None, 0, 0.01).position
    server.client.flushall()
    polled = feed.poll(position, 0, 0.01)
    assert "the stream is gone" in polled.trouble
    sink.send(lines(4))
    assert feed.poll(polled.position, 0, 0.01).lines == lines(4)
    sink.close()


def test_a_sink_says_that_the_stream_has_begun_anew(server: Redis, feed: RedisFeed) -> None:
    sink = RedisSink(server.url, PASSWORD)
    assert [sink.send(lines(1, 2)), sink.send(lines(3))] == [True, True]
    server.client.xtrim(STREAM, 1, approximate=False)
    assert sink.send(lines(4))  # trimmed is not anew
    server.client.flushall()
    assert [sink.send(lines(5, 6)), sink.send(lines(7))] == [False, True]
    sink.close()


def test_of_two_ingests_every_line_comes_once_and_neither_tells_again(server: Redis, feed: RedisFeed) -> None:
    one, other = (RedisSink(server.url, PASSWORD) for _ in range(2))
    assert all([one.send(lines(1)), other.send(lines(1, 2)), one.send(lines(3)), other.send(lines(4))])
    assert feed.poll(None, 0, 0.01).lines == lines(1, 1, 2, 3, 4)
    one.close()
    other.close()


def test_a_redis_that_is_killed_comes_back_empty_and_is_read_from_its_beginning(
    server: Redis, feed: RedisFeed
) -> None:
    sink = RedisSink(server.url, PASSWORD)
    sink.send(lines(*range(1000)))
    position = feed.poll(None, 0, 0.01).position
    server.kill()
    assert eventually(lambda: _sent(sink, lines(1)), 30) == "begun anew"
    assert eventually(lambda: feed.poll(position, 0, 0.01).lines, 30) == lines(1)
    sink.close()


def test_a_second_of_50_000_events_is_held_and_what_waits_says_how_old_it_is(
    server: Redis, feed: RedisFeed, tmp_path: Path
) -> None:
    sink, now = RedisSink(server.url, PASSWORD), int(time.time())
    for first in range(0, 50_000, 5000):
        numbers = range(first, first + 5000)
        sink.send([f"{now} {number} heat+{number % 90} started".encode() for number in numbers])
    follower = Follower(feed, FollowerPlace(tmp_path / "recent", 64, ModelWatermark(tmp_path)))
    for step in range(50):
        follower.step()
        if not step:
            until_s = follower._store.facts()["status"]["until_s"]
            assert now <= until_s <= time.time()
    follower.close()
    assert len(held(tmp_path / "recent")) == 50_000
    sink.close()


def _sent(sink: RedisSink, some: list[bytes]) -> str:
    try:
        return "there" if sink.send(some) else "begun anew"
    except SinkError:
        return ""


def test_a_wrong_password_says_what_to_check(server: Redis) -> None:
    for password in (None, "another"):
        feed = RedisFeed(server.url, password, sleep=lambda seconds: None)
        assert "check REDIS_URL and REDIS_PASSWORD" in feed.poll(None, 0, 0.01).trouble
        feed.close()
        with pytest.raises(SinkError):
            RedisSink(server.url, password).send(lines(1))


def test_a_full_redis_that_evicts_nothing_is_a_sink_error(server: Redis, feed: RedisFeed) -> None:
    server.client.config_set("maxmemory-policy", "noeviction")
    server.client.config_set("maxmemory", 1)
    try:
        with pytest.raises(SinkError, match=r"events \(command not allowed when used memory"):
            RedisSink(server.url, PASSWORD).send(lines(1))
    finally:
        server.client.config_set("maxmemory", 0)


def test_a_hung_redis_is_waited_for_for_seconds_only_and_comes_back(server: Redis, feed: RedisFeed) -> None:
    position = feed.poll(None, 0, 0.01).position
    docker("pause", server.container)
    try:
        begun_s = time.monotonic()
        polled = feed.poll(position, 0, 0.01)
        assert time.monotonic() - begun_s < 10
        assert polled.trouble == "Redis does not answer in time"
        assert polled.position == position
    finally:
        docker("unpause", server.container)
    RedisSink(server.url, PASSWORD).send(lines(7))
    assert eventually(lambda: feed.poll(position, 0, 0.01).lines, 30) == lines(7)
