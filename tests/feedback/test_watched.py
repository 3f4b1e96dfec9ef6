"""What is counted for the release that bakes: each user once, whatever comes late, twice or not at all."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auto_deployment.dataset.catalog import USERS
from auto_deployment.feedback.files import FeedbackError
from auto_deployment.host.files import StagedFile
from auto_deployment.people.all_places import places_of
from auto_deployment.people.forget import forget
from auto_deployment.release.judge.watched import Watchers
from auto_deployment.release.observe.watched_file import WatchedFile
from auto_deployment.release.release import Build, Phase, requested
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched

RELEASE, STABLE_RELEASE = "v2-abc1234", "v1-abc1234"
END = after(hours=2)
NOTHING = {"shown": 0, "watched": 0}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.catalogue(*LIST)
    ask(world)
    return world


def ask(world: World, since: datetime = NOON, release: str = RELEASE) -> None:
    world.paths.evidence.parent.mkdir(parents=True, exist_ok=True)
    world.paths.evidence.write_text(json.dumps({"release": release, "since": since.isoformat()}))


class Platform:
    """Shows lists to users, who watch the first title or nothing."""

    def __init__(self, world: World) -> None:
        self._world, self._number = world, 0

    def show(self, user: int, track: str, at: datetime, watches: bool = False) -> None:
        self._number += 1
        release = RELEASE if track == "canary" else STABLE_RELEASE
        self._world.log(request(at, user, self._number, track=track, release=release))
        events = watched(at + timedelta(minutes=3), user, LIST[0], 2) if watches else []
        self._world.segment(told(at, user), *events)


def content(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.layout.watched / f"{RELEASE}.json").read_bytes())
    return found


def counts(world: World) -> tuple[dict[str, int], dict[str, int]]:
    """Join what is there; return the canary's counts and stable's."""
    world.collect()
    world.join(END)
    tracks = content(world)["tracks"]
    return tracks.get("canary", NOTHING), tracks.get("stable", NOTHING)


def test_each_user_counts_once_on_the_track_of_his_first_list(world: World) -> None:
    platform = Platform(world)
    for minute in (1, 5, 9):
        platform.show(1, "canary", after(minutes=minute), watches=minute == 5)
    platform.show(2, "canary", after(minutes=1))
    platform.show(3, "stable", after(minutes=1), watches=True)
    assert counts(world) == ({"shown": 2, "watched": 1}, {"shown": 1, "watched": 1})


def test_a_user_on_both_tracks_counts_for_lists_of_the_first_only(world: World) -> None:
    platform = Platform(world)
    platform.show(1, "canary", after(minutes=1))
    platform.show(1, "stable", after(minutes=5), watches=True)
    platform.show(2, "stable", after(minutes=1), watches=True)
    platform.show(2, "canary", after(minutes=9))
    assert counts(world) == ({"shown": 1, "watched": 0}, {"shown": 1, "watched": 1})


def test_what_was_shown_before_the_evidence_began_counts_for_nobody(world: World) -> None:
    platform = Platform(world)
    platform.show(1, "canary", after(minutes=1), watches=True)
    platform.show(1, "stable", after(minutes=30))
    ask(world, after(minutes=20))
    assert counts(world) == (NOTHING, {"shown": 1, "watched": 0})


def test_lists_count_by_the_hosts_clock_where_the_streams_is_in_the_hour_before(world: World) -> None:
    for user in range(1, 7):
        shown = after(minutes=-3, seconds=user)
        world.log(request(shown, user, user, ahead_s=240, track="canary", release=RELEASE))
        world.segment(told(shown, user))
    assert counts(world) == ({"shown": 6, "watched": 0}, NOTHING)


def test_lists_of_another_canary_and_lists_without_titles_do_not_count(world: World) -> None:
    platform = Platform(world)
    platform.show(1, "canary", after(minutes=1), watches=True)
    world.log(request(after(minutes=2), 5, 50, track="stable", release=STABLE_RELEASE))
    world.segment(told(after(minutes=2), 5, ()))
    ask(world, release="v9-abc1234")
    world.collect()
    world.join(END)
    assert json.loads((world.layout.watched / "v9-abc1234.json").read_bytes())["tracks"] == {}


def test_late_lines_count_when_they_come_in_whatever_order(world: World) -> None:
    world.log(request(after(minutes=1), 1, 1, track="canary", release=RELEASE))
    world.segment(*watched(after(minutes=9), 1, LIST[0], 2), told(after(minutes=30), 99))
    assert counts(world) == (NOTHING, NOTHING)
    world.segment(told(after(minutes=1), 1))
    assert counts(world) == ({"shown": 1, "watched": 1}, NOTHING)
    assert content(world)["until"] == after(minutes=30).isoformat()
    assert counts(world) == ({"shown": 1, "watched": 1}, NOTHING)


def test_genders_and_age_bands_that_are_known_are_counted_by_themselves(world: World) -> None:
    rows = [(1, 20, "F", None), (2, 20, "M", None), (3, None, None, None)]
    USERS.write(world.paths.catalog, pd.DataFrame(rows, columns=USERS.schema.names))
    platform = Platform(world)
    for user in (1, 2, 3, 4):
        platform.show(user, "canary", after(minutes=1), watches=user == 1)
    assert counts(world)[0] == {"shown": 4, "watched": 1}
    assert content(world)["groups"] == {
        "age 18-24": {"canary": {"shown": 2, "watched": 1}},
        "gender F": {"canary": {"shown": 1, "watched": 1}},
        "gender M": {"canary": {"shown": 1, "watched": 0}},
    }


def test_the_release_controller_reads_what_is_written(world: World) -> None:
    Platform(world).show(1, "canary", after(minutes=1), watches=True)
    counts(world)
    candidate, stable = (Build(name, "v", "c", "abc") for name in (RELEASE, STABLE_RELEASE))
    release = requested(candidate, stable, "1", "ann", NOON).to(Phase.BAKING, NOON, "")
    source = WatchedFile(world.layout.watched, world.paths.evidence, 60)
    source.ask(release)
    world.join(END)
    found = source.read(release, END)
    assert (found.absent, found.tracks) == ("", {"canary": Watchers(1, 1)})


def test_nothing_is_counted_while_nothing_is_asked_for(world: World) -> None:
    Platform(world).show(1, "canary", after(minutes=1))
    world.paths.evidence.unlink()
    world.collect()
    world.join(END)
    assert not world.layout.watched.exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"release": "../x", "since": "2026-11-28T12:00:00+00:00"}'])
def test_a_damaged_question_asks_for_nothing_and_joining_goes_on(
    world: World, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    Platform(world).show(1, "canary", after(minutes=1))
    world.paths.evidence.write_text(text)
    world.collect()
    world.join(END)
    assert len(world.rows("SELECT * FROM impressions")) == 1
    assert "evidence.json cannot be read" in caplog.text
    assert not world.layout.watched.exists()


def test_a_kill_between_joining_and_writing_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Platform(world)
    platform.show(1, "canary", after(minutes=1), watches=True)
    counts(world)
    platform.show(2, "canary", after(minutes=2), watches=True)
    world.collect()
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.feedback.watched.writing.write_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.join(END)
    assert len(world.rows("SELECT * FROM outcomes")) == 2
    assert content(world)["tracks"] == {"canary": {"shown": 1, "watched": 1}}
    assert counts(world)[0] == {"shown": 2, "watched": 2}


def test_a_full_disk_leaves_the_file_of_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Platform(world).show(1, "canary", after(minutes=1))
    counts(world)
    before = content(world)

    def full(staged: StagedFile) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(StagedFile, "publish", full)
        with pytest.raises(FeedbackError, match="make room"):
            world.join(END)
    assert content(world) == before


def test_who_is_forgotten_counts_no_longer(world: World) -> None:
    platform = Platform(world)
    for user in (1, 2):
        platform.show(user, "canary", after(minutes=1), watches=True)
    assert counts(world)[0] == {"shown": 2, "watched": 2}
    forget(world.paths, places_of(world.paths), 1, after(hours=3))
    assert counts(world)[0] == {"shown": 1, "watched": 1}


def _killed(path: Path, content: Mapping[str, object]) -> None:
    raise KeyboardInterrupt
