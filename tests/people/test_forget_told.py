"""Instances hear of who was forgotten; where they cannot, the rest is done and a repeat tells them."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from app.recent.events import Forgotten, parse
from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.dataset.events import Rating
from auto_deployment.ingest.recent import wiring
from auto_deployment.paths import Paths
from auto_deployment.people.told_place import Instances
from tests.support.ports import free_port

AT = datetime(2026, 8, 27, 12, tzinfo=UTC)
WISH = Wish(7, AT, 1, "correction-1")


def test_the_feed_is_told_and_again_on_a_repeat(tmp_path: Path) -> None:
    file = tmp_path / "events"
    place = Instances(Paths(tmp_path), RecentSettings(file=file))
    assert "not been told yet" in next(place.held(WISH)).goes
    for count in (1, 2):
        place.forget(WISH)
        assert [parse(line) for line in file.read_bytes().splitlines()] == [
            Forgotten(int(AT.timestamp()), 7)
        ] * count
        assert list(place.held(WISH)) == []


def test_while_redis_is_away_forgetting_goes_on_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = Instances(Paths(tmp_path), RecentSettings(redis_url=f"redis://127.0.0.1:{free_port()}"))
    assert away.forget(WISH) == 0
    assert "do not know yet that user 7 is forgotten: Redis does not take" in caplog.text
    assert "`forget 7` again tells them" in next(away.held(WISH)).goes
    Instances(Paths(tmp_path), RecentSettings(file=tmp_path / "events")).forget(WISH)
    assert [one.where for one in away.held(WISH)] == ["Redis"]


def test_only_what_was_before_the_wish_is_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minute = timedelta(minutes=1)
    events = [Rating(AT + minute * n, user, "heat+1995", 4.0) for user in (7, 8) for n in (-1, 0, 1)]
    monkeypatch.setattr(wiring, "wishes", lambda folder: [Wish(7, AT - minute * 5, 1, "a"), WISH])
    segments: Any = [_Segment(tmp_path / "one")]
    monkeypatch.setattr(wiring, "events_of", lambda segment: iter(events))
    heard: list[Rating] = []
    sender, never = cast(Any, _Sender(heard)), cast(Any, _Never())
    wiring._tell_again(sender, segments, partial(wiring._forgotten, segments), never)
    assert sender.told == [Forgotten(int(AT.timestamp()), 7)]
    assert [(one.user_id, one.time) for one in heard] == [
        (7, AT + minute),
        *((8, one.time) for one in events[3:]),
    ]


class _Sender:
    def __init__(self, into: list[Rating]) -> None:
        self.heard = into.append
        self.told: list[Forgotten] = []
        self.tell = self.told.append


class _Segment:
    def __init__(self, path: Path) -> None:
        self.path = path


class _Never:
    def is_set(self) -> bool:
        return False
