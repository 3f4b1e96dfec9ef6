"""A whole instance, as processes: what happens shows in lists, whoever is killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.recent.events import RecentEvent, render
from tests.support.models import Size, write_model
from tests.support.server import Server, serving
from tests.support.waiting import eventually

WITHIN_S = 5.0


class Instance:
    """A running instance that follows a file."""

    def __init__(self, server: Server, events: Path) -> None:
        self.server, self.events = server, events

    def listed(self, user: int) -> list[str]:
        return requests.get(f"{self.server.url}/recommend/{user}", timeout=5).text.split(",")

    def recent(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.server.url}/version", timeout=5).json()["recent"]
        return found

    def watches(self, user: int, *movies: str) -> None:
        with self.events.open("ab") as file:
            file.writelines(render(RecentEvent(int(time.time()), user, one)) + b"\n" for one in movies)

    def followers(self) -> set[int]:
        """Return the processes that follow for this instance's workers."""
        found: set[int] = set()
        for worker in self.server.workers():
            for task in Path(f"/proc/{worker}/task").glob("*/children"):
                found |= set(map(int, task.read_text("ascii").split()))
        return found

    def wait_until_it_follows(self) -> None:
        eventually(lambda: self.recent().get("age_s", 99) < 5, 60, saying=self.server.log_text)

    def wait_until_gone(self, user: int, movie: str, within_s: float) -> None:
        eventually(lambda: movie not in self.listed(user), within_s, saying=self.server.log_text)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("following")
    write_model(folder / "model", Size(neighbours=40))
    events = folder / "events"
    events.touch()
    variables = {"MODEL_DIR": str(folder / "model"), "RECENT_FILE": str(events)}
    with serving(folder / "log", variables) as server:
        started = Instance(server, events)
        started.wait_until_it_follows()
        yield started


def test_a_title_that_was_watched_is_gone_within_5_seconds(instance: Instance) -> None:
    movie = instance.listed(7)[0]
    instance.watches(7, movie)
    instance.wait_until_gone(7, movie, WITHIN_S)


def test_a_user_of_a_minute_ago_gets_a_list_without_what_he_watched(instance: Instance) -> None:
    watched = instance.listed(4242)[:3]
    instance.watches(4242, *watched)
    for movie in watched:
        instance.wait_until_gone(4242, movie, WITHIN_S)


def test_who_is_killed_is_replaced_and_no_request_fails(instance: Instance) -> None:
    (follower,) = eventually(lambda: len(found := instance.followers()) == 1 and found)
    os.kill(follower, signal.SIGKILL)
    movie = instance.listed(8)[0]
    instance.watches(8, movie)
    instance.wait_until_gone(8, movie, 60)
    eventually(lambda: follower not in instance.followers())  # until its worker has heard of its end
    for _ in range(2):
        instance.server.kill_worker()
    movie = instance.listed(9)[0]
    instance.watches(9, movie)
    instance.wait_until_gone(9, movie, 60)


def test_the_followed_process_ends_with_its_instance(tmp_path: Path) -> None:
    write_model(tmp_path / "model", Size(users=20, stored=10))
    events = tmp_path / "events"
    events.touch()
    variables = {"MODEL_DIR": str(tmp_path / "model"), "RECENT_FILE": str(events), "WORKERS": "1"}
    with serving(tmp_path / "log", variables) as server:
        instance = Instance(server, events)
        instance.wait_until_it_follows()
        (follower,) = instance.followers()
    eventually(lambda: not Path(f"/proc/{follower}").exists())
