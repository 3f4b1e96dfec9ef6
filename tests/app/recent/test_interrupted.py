"""In the middle of something: a writer is killed, or another model comes while events flow."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.recent.events import RecentEvent
from app.recent.opening import ASIDE, open_store
from app.recent.store import CHUNK
from tests.app.recent.test_follower import HOUR_S, NOW, Home
from tests.support.project import PROJECT

WRITER = """
import sys, time
from pathlib import Path
from app.recent.events import RecentEvent
from app.recent.opening import open_store
from app.recent.store import RecentStore

def step(self, *args):
    merge(self, *args)
    if args[0] == second:
        print("half of it is written", flush=True)
        time.sleep(600)

store = open_store(Path(sys.argv[1]), 32)
events = [RecentEvent(1_790_000_000, 20 * user, "heat+1995") for user in range(200)]
store.apply(events, 0)
store.put({"position": "1"})
from app.recent.rows import group_of
merge, second = RecentStore._merge, group_of(20 * 100)[0]
RecentStore._merge = step
store.apply([one._replace(movie_id="alien+1979") for one in events], 0)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.follower.close()


def test_what_a_killed_writer_wrote_is_whole_and_the_rest_is_taken_again(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WRITER, str(tmp_path)]
    writer = subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer.stdout:
        assert writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    store = open_store(tmp_path, 32)
    assert not (tmp_path / ASIDE).exists()
    before, new = ({(20 * user, movie) for user in range(200)} for movie in ("heat+1995", "alien+1979"))
    found = {one[:2] for one in store.everything()}
    assert before < found < before | new
    assert (store.users, store.events, store.facts()["position"]) == (200, len(found), "1")
    store.apply([RecentEvent(NOW, 20 * user, "alien+1979") for user in range(200)], 0)
    assert {one[:2] for one in store.everything()} == before | new
    assert (store.users, store.events) == (200, 400)
    store.close()


def test_while_a_later_model_makes_forget_what_comes_is_taken_and_what_it_knows_is_not(home: Home) -> None:
    users = range(0, 40 * CHUNK, 16)  # so many that forgetting takes several steps
    home.says(*(RecentEvent(NOW - 10 * HOUR_S, user, "heat+1995") for user in users))
    home.follower.step()
    assert len(home.held()) == len(users)
    home.model(NOW - 5 * HOUR_S)
    flowing = list(users[::25])
    for user in flowing:
        home.says(RecentEvent(NOW, user, "alien+1979"), RecentEvent(NOW - 6 * HOUR_S, user, "ronin+1998"))
        home.follower.step()
    assert home.held() == {(user, "alien+1979") for user in flowing}
    assert home.status()["users"] == home.status()["events"] == len(flowing)


def test_forgetting_goes_on_where_the_one_before_was_ended(home: Home) -> None:
    home.says(*(RecentEvent(NOW - 10 * HOUR_S, user, "heat+1995") for user in range(0, 40 * CHUNK, 16)))
    home.follower.step()
    home.model(NOW - 5 * HOUR_S)
    home.says(RecentEvent(NOW, 1, "alien+1979"))
    home.follower.step()
    assert len(home.held()) > 1  # there is more to do
    home.follower.close()
    home.follower = home.another()
    for _ in range(5):
        home.follower.step()
    assert home.held() == {(1, "alien+1979")}
