"""Where no broker is, what users make of lists becomes segments."""

import time
from pathlib import Path

import pytest

from app.recent.events import RecentEvent, parse
from auto_deployment.cli import main
from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.reading import read_watches
from auto_deployment.dataset.segments import list_segments
from auto_deployment.paths import Paths
from auto_deployment.simulate.segments_output import EVERY_S, LiveSegments, open_segments
from tests.support.release.audience import audience, end_us
from tests.support.release.simulation import small_platform
from tests.support.waiting import eventually


def test_lines_become_a_segment_when_it_is_time_and_at_the_end(tmp_path: Path) -> None:
    paths, now_s = Paths(tmp_path), [0.0]
    segments = LiveSegments(paths, (1, 5), lambda: now_s[0])
    platform = small_platform()
    users, begin_us = audience(platform, watched_share=0.99), end_us(platform)
    begun = [user for user in range(1, 151) if users.show(begin_us, user, platform.movies.ids[:30])]
    lines = users.due(begin_us + 3_600_000_000)
    segments.write(lines[:200])
    assert list_segments(paths.segments) == []
    now_s[0] += EVERY_S
    segments.write([])
    [first] = list_segments(paths.segments)
    assert first.meta.counts["watch"] == 200
    segments.write(lines[200:])
    segments.close()
    segments.close()
    assert len(list_segments(paths.segments)) == 2
    assert set(read_watches(paths.segments).frame["user_id"]) == set(begun)


def test_instances_are_told_who_has_begun_what_before_it_is_a_segment(tmp_path: Path) -> None:
    platform, followed = small_platform(), tmp_path / "events"
    users, begin_us = audience(platform, watched_share=0.99), time.time_ns() // 1000
    begun = {user for user in range(1, 151) if users.show(begin_us, user, platform.movies.ids[:30])}
    with open_segments(Paths(tmp_path), (1, 5), RecentSettings(file=followed)) as write:
        write(users.due(begin_us + 60_000_000))
        eventually(lambda: followed.exists() and len(followed.read_bytes().splitlines()) == len(begun) > 100)
        assert list_segments(Paths(tmp_path).segments) == []
    told = [parse(line) for line in followed.read_bytes().splitlines()]
    assert {one.user_id for one in told if isinstance(one, RecentEvent) and not one.finished} == begun


@pytest.mark.parametrize("options", [[], ["--ask=a:1", "--kafka"], ["--ask=a:1", "--out=x"]])
def test_segments_need_somebody_to_ask_and_no_other_place(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--segments", *options]) == 2
    assert "--segments needs --ask" in capsys.readouterr().err
