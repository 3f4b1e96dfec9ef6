"""What may happen to containers while people ask: they keep getting their lists, and soon enough."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest

from tests.support.http import get
from tests.support.systems.containers import DISTURBANCES, docker
from tests.support.systems.disturb import Diary, disturb, under_load
from tests.support.systems.load import Load, Outcome
from tests.support.systems.seconds import summarise
from tests.support.systems.stack import TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

RATE = 50
USERS = range(1, 1001)
CALLER_WAITS_S = 0.6
INSTANCES = ("stable-1", "stable-2", "canary")


def ask_during(stack: TestStack, work: Callable[[Load], None], rate: float = RATE) -> list[Outcome]:
    """Ask at a steady rate for as long as the work takes, and return what came of it."""
    load = Load(stack.port, rate, 1_000_000)

    def until_done() -> None:
        work(load)
        load.stop()

    asyncio.run(under_load(load, Diary(), None, until_done))
    return load.outcomes


def assert_that_nobody_noticed(stack: TestStack, outcomes: list[Outcome], before: int) -> None:
    """Nobody failed; how long it took is what NGINX measured, as a test machine may be slow to ask."""
    assert dict(summarise(outcomes).failures) == {}
    lines = eventually(lambda: len(found := stack.edge_lines()[before:]) >= len(outcomes) and found)
    assert max(line["request_time"] for line in lines if line["user"]) <= CALLER_WAITS_S


@pytest.mark.parametrize("service", ["stable-1", "canary"])
def test_nobody_notices_what_happens_to_one_instance(stack: TestStack, service: str) -> None:
    before, diary = len(stack.edge_lines()), Diary()
    outcomes = ask_during(stack, lambda load: disturb(stack.stack, [service], diary, calm_s=0.5))
    assert len(diary.done) == len(DISTURBANCES)
    assert_that_nobody_noticed(stack, outcomes, before)
    assert {one.track for one in outcomes} <= {"stable", "canary"}


def test_users_return_to_their_track(stack: TestStack) -> None:
    """The split is 80/20 by user, and the same before and after a canary was gone."""

    def tracks(users: Iterable[int]) -> dict[int, str]:
        def track(user: int) -> str:
            return get(stack.port, f"/recommend/{user}").headers["x-release-track"]

        with ThreadPoolExecutor(4) as pool:
            return dict(zip(users, pool.map(track, users), strict=True))

    # A slow answer sends a user elsewhere once: what is met twice of three times is where he belongs.
    eventually(lambda: "canary" in tracks(USERS).values())
    looks = [tracks(USERS) for _ in range(3)]
    before = {user: Counter(look[user] for look in looks).most_common(1)[0][0] for user in USERS}
    stack.stack.compose("up", "-d", "--no-deps", "--no-build", "--force-recreate", "canary")
    stack.stack.wait_until_well("canary")
    away = set(USERS)

    def all_are_back() -> bool:
        away.difference_update(user for user, track in tracks(sorted(away)).items() if track == before[user])
        return not away

    eventually(all_are_back, saying=lambda: f"{len(away)} users are not back")
    assert 150 <= list(before.values()).count("canary") <= 250


@pytest.fixture(scope="class")
def outage(stack: TestStack) -> Iterator[None]:
    """One for all who want it: the broker takes longest of all to come back."""
    with without(stack, "kafka", "prometheus"):
        yield


@pytest.mark.usefixtures("outage")
class TestWithoutKafkaAndPrometheus:
    """Each test finds both away."""

    def test_ingest_lives_through_it(self, stack: TestStack) -> None:
        eventually(lambda: "Waiting: the broker does not answer" in stack.log("ingest"))
        assert stack.stack.is_well("ingest")

    def test_people_are_served_also_without_ingest(self, stack: TestStack) -> None:
        before = len(stack.edge_lines())
        with without(stack, "ingest"):
            outcomes = ask_during(stack, lambda load: eventually(lambda: load.sent >= 100))
        assert_that_nobody_noticed(stack, outcomes, before)


def test_with_all_instances_gone_the_static_list_is_answered_and_soon_no_more(stack: TestStack) -> None:
    served = get(stack.port, "/recommend/1").headers["x-release"]
    with without(stack, *INSTANCES):
        outcomes = ask_during(stack, lambda load: eventually(lambda: load.sent >= 200))
        reply = get(stack.port, "/recommend/1")
        assert reply.status == 200
        assert len(set(reply.body.decode().split(","))) == 20
        assert (reply.headers["x-recommendation-source"], reply.headers["x-release"]) == ("static", served)
    assert set(summarise(outcomes).failures) == {"the static list"}
    eventually(lambda: get(stack.port, "/recommend/1").headers["x-release-track"] == "stable", 15)


def test_both_stables_gone_the_canary_serves_everybody(stack: TestStack) -> None:
    with without(stack, "stable-1", "stable-2"):
        eventually(lambda: get(stack.port, "/recommend/1").headers["x-release-track"] == "canary")
        before = len(stack.edge_lines())
        outcomes = ask_during(stack, lambda load: eventually(lambda: load.sent >= 200))
    assert {one.track for one in outcomes} == {"canary"}
    assert_that_nobody_noticed(stack, outcomes, before)


def test_the_edge_log_turns_over_and_loses_no_line(stack: TestStack) -> None:
    """In a test it turns over at 1 MB: some two thousand requests."""
    before = {line["request_id"] for line in stack.edge_lines()}

    def inode() -> str:
        return stack.inside("nginx", "stat", "-c", "%i", "/edge/logs/edge.log")

    def work(load: Load) -> None:
        old = inode()
        eventually(lambda: inode() != old)
        wanted = load.sent + 300
        eventually(lambda: load.sent >= wanted)

    outcomes = ask_during(stack, work, rate=300)
    assert summarise(outcomes).failed == 0
    asked = Counter(str(one.user) for one in outcomes)
    eventually(
        lambda: (
            asked <= Counter(line["user"] for line in stack.edge_lines() if line["request_id"] not in before)
        )
    )
    assert "edge.log.1" in stack.inside("nginx", "ls", "/edge/logs").split()


def test_reloading_nginx_loses_nobody(stack: TestStack) -> None:
    before = len(stack.edge_lines())

    def work(load: Load) -> None:
        for _ in range(5):
            stack.inside("nginx", "nginx", "-s", "reload")
            wanted = load.sent + 30
            eventually(partial(_has_sent, load, wanted))

    assert_that_nobody_noticed(stack, ask_during(stack, work), before)


def test_with_a_full_disk_nginx_answers_on(stack: TestStack) -> None:
    """It can write neither log nor static list; a second NGINX of the same image has such a disk."""
    with nginx_on_a_small_disk(stack) as (name, port):
        docker("exec", name, "sh", "-c", "dd if=/dev/zero of=/edge/full bs=4k 2>/dev/null || true")
        assert docker("exec", name, "sh", "-c", "echo x >/edge/more 2>/dev/null || echo full") == "full"
        replies = [get(port, f"/recommend/{user}") for user in range(1, 101)]
        assert {reply.headers["x-release-track"] for reply in replies} == {"stable", "canary"}


def _has_sent(load: Load, wanted: int) -> bool:
    return load.sent >= wanted


@contextmanager
def nginx_on_a_small_disk(stack: TestStack) -> Iterator[tuple[str, int]]:
    """Start NGINX of the stack's image beside its own; give its container and its port."""
    words = ["--network", f"{stack.stack.name}_serving", "--publish=127.0.0.1::8082", "--read-only"]
    for line in stack.inside("nginx", "env").split():
        words += ["-e", line] if "MARQUEE_" in line else []
    words += ["--tmpfs=/tmp", "--tmpfs=/edge:size=1m,uid=10001,gid=10001,mode=755"]
    words += ["--tmpfs=/etc/nginx/conf.d:uid=10001,gid=10001", "--entrypoint=sh"]
    prepare = (
        "mkdir -p /edge/upstream /edge/logs /edge/static; exec /docker-entrypoint.sh nginx -g 'daemon off;'"
    )
    name = docker("run", "-d", *words, stack.stack.inspect("nginx", "{{.Config.Image}}"), "-c", prepare)
    try:
        port = int(docker("port", name, "8082").rpartition(":")[2])
        eventually(lambda: get(port, "/recommend/1").status == 200)
        yield name, port
    finally:
        docker("rm", "-f", name)


@contextmanager
def without(stack: TestStack, *services: str) -> Iterator[None]:
    """Stop services for the length of the block."""
    containers = [stack.stack.container(service) for service in services]
    docker("kill", *containers)
    try:
        yield
    finally:
        docker("start", *containers)
        for service in services:
            stack.stack.wait_until_well(service)
