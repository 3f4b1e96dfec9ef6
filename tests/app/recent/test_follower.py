"""The loop that brings events into the store: nothing that comes can end it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.recent.events import RecentEvent, render
from app.recent.feed import Polled
from app.recent.follower import Follower, FollowerPlace
from app.recent.reader import RecentReader
from app.recent.watermark import ModelWatermark

NOW = 1_790_000_000
HOUR_S = 3600


class MemoryFeed:
    """A feed whose lines a test adds to; a position counts them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.trouble = ""
        self.lost = 0

    def poll(self, position: str | None, since_s: int, timeout_s: float) -> Polled:
        begin = int(position or 0)
        lost, self.lost = self.lost, 0
        if self.trouble:
            return Polled([], position, trouble=self.trouble)
        return Polled(self.lines[begin:], str(len(self.lines)), lost=lost)


class Home:
    """One follower, its feed, its model and its clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = float(NOW)
        self.feed = MemoryFeed()
        self.model(0)
        self.follower = self.another()

    def another(self) -> Follower:
        place = FollowerPlace(self.folder / "recent", 32, ModelWatermark(self.folder))
        return Follower(self.feed, place, lambda: self.now)

    def model(self, watermark_s: int, kind: str = "global") -> None:
        learnt = datetime.fromtimestamp(watermark_s, UTC).isoformat()
        text = json.dumps({"watermark": learnt, "split": {"kind": kind}})
        written = self.folder / "new.json"
        written.write_text(text)
        written.rename(self.folder / "manifest.json")

    def says(self, *events: RecentEvent) -> None:
        self.feed.lines += map(render, events)

    def held(self) -> set[tuple[int, str]]:
        return {(user, movie) for user, movie, *_ in self.follower._store.everything()}

    def status(self) -> dict[str, object]:
        found: dict[str, object] = self.follower._store.facts()["status"]
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.follower.close()


def test_what_comes_is_held_and_counted(home: Home) -> None:
    home.says(RecentEvent(NOW, 7, "heat+1995"), RecentEvent(NOW, 8, "ronin+1998"))
    home.feed.lines.append(b"what is this")
    home.says(RecentEvent(NOW + 7200, 7, "tomorrow+2030"))
    home.feed.lost = 3
    home.follower.step()
    assert home.held() == {(7, "heat+1995"), (8, "ronin+1998")}
    status = home.status()
    assert status["applied"] == 2
    assert status["dropped"] == {"unreadable": 1, "future": 1, "titles": 0, "lost": 3}
    assert status["until_s"] == NOW


def test_the_next_one_goes_on_where_the_last_one_was_and_repeats_change_nothing(home: Home) -> None:
    home.says(RecentEvent(NOW, 7, "heat+1995"))
    home.follower.step()
    before = list(home.follower._store.everything())
    home.follower.close()
    home.follower = home.another()
    assert home.follower._position == "1"
    home.follower._position = None
    home.follower.step()
    assert list(home.follower._store.everything()) == before


def test_while_nothing_can_be_read_what_is_known_grows_older(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.follower.step()
    home.feed.trouble = "Redis does not answer in time"
    for _ in range(3):
        home.now += 100
        home.follower.step()
    assert home.status()["until_s"] == NOW
    assert home.status()["trouble"] == "Redis does not answer in time"
    assert caplog.text.count("does not answer in time") == 1
    home.feed.trouble = ""
    home.follower.step()
    assert home.status()["until_s"] == NOW + 300


def test_a_clock_that_goes_back_does_no_harm(home: Home) -> None:
    home.follower.step()
    home.now -= 5000
    home.says(RecentEvent(NOW - 5000, 7, "heat+1995"))
    home.follower.step()
    assert home.held() == {(7, "heat+1995")}
    reader = RecentReader(home.folder / "recent", lambda: NOW - 9000)
    reader.status = home.status()
    assert reader.age_s == 0


def test_a_later_model_makes_forget_and_an_earlier_one_makes_read_again(home: Home) -> None:
    home.says(*(RecentEvent(NOW - HOUR_S * n, n, "heat+1995") for n in range(20)))
    home.follower.step()
    assert len(home.held()) == 20
    home.model(NOW - 5 * HOUR_S)
    home.follower.step()
    assert {user for user, _ in home.held()} == set(range(6))
    home.model(NOW - 10 * HOUR_S)
    home.follower.step()
    assert {user for user, _ in home.held()} == set(range(11))
    home.model(NOW, kind="per_user")  # one that has no cut through all users
    home.follower.step()
    assert len(home.held()) == 20


def test_a_model_that_cannot_be_read_changes_nothing(home: Home) -> None:
    home.model(NOW - 5 * HOUR_S)
    home.says(*(RecentEvent(NOW - HOUR_S * n, n, "heat+1995") for n in range(20)))
    home.follower.step()
    for content in ("", "{", "[]", '{"split": {"kind": "global"}}'):
        (home.folder / "manifest.json").write_text(content)
        home.follower.step()
    assert len(home.held()) == 6


def test_a_store_that_is_nearly_full_lets_go_of_what_is_older(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.model(NOW - 20 * HOUR_S)
    home.says(*(RecentEvent(NOW - HOUR_S * n, n, "heat+1995") for n in range(20)))
    home.follower.step()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.recent.store.RecentStore.is_nearly_full", True)
        home.follower.step()
    assert "nearly full" in caplog.text
    home.follower.step()
    assert {user for user, _ in home.held()} == set(range(11))
    assert not (home.folder / "recent/aside").exists()  # nothing is wrong with it, and memory is bounded


def test_a_store_that_fails_is_begun_anew_and_filled_again(home: Home) -> None:
    import lmdb

    home.says(RecentEvent(NOW, 7, "heat+1995"))
    with pytest.MonkeyPatch.context() as patch:

        def fail(*_: object) -> None:
            raise lmdb.MapFullError("no room")

        patch.setattr("app.recent.store.RecentStore.apply", fail)
        home.follower.step()
    home.follower.step()
    assert home.held() == {(7, "heat+1995")}
