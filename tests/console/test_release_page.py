"""What the pages of releases show, and what they do not stumble over."""

import os
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.release.release import Action, Phase
from auto_deployment.release.store import Store
from tests.console.conftest import Site
from tests.support.release.world import NEW, OLD, World


def test_a_release_under_way_is_shown_with_phases_checks_and_what_comes_next(world: World) -> None:
    text = Site(world.paths.root, world).person().opens("/release")
    assert f"<h1>Release {NEW.release}</h1>" in text
    assert re.findall(r'<li class="([a-z-]+)"', text) == ["done", "done", "done", "present", "ahead", "ahead"]
    assert "promoted in" in text
    assert "canary 20 %" in text
    for name in ("Mean latency", "Bad answers", "Bad vs stable", "Popular vs stable", "Users seen"):
        assert f'<th scope="row">{name}</th>' in text
        assert f"<summary>{name} as a table</summary>" in text
    assert "Requested by pipeline." in text


def test_each_check_has_a_point_for_each_tick_and_its_limit(world: World) -> None:
    text = Site(world.paths.root, world).person().opens("/release")
    figure = text.partition('<figure class="plot" id="curve-1"')[2].partition("</figure>")[0]
    ticks = [tick for tick in world.store.newest().ticks if tick.phase == "baking"]  # type: ignore[union-attr]
    assert [int(at) for at in re.findall(r'data-at="(\d+)"', figure)] == [
        round(tick.time.timestamp()) for tick in ticks
    ]
    assert re.findall(r'data-value="([^"]*)"', figure)[:3] == ["20.0", "20.0", "500.0"]


def test_an_ended_release_says_so_and_offers_the_way_back(world: World) -> None:
    world.until(Phase.PROMOTED)
    visitor = Site(world.paths.root, world).person()
    visitor.signs_in()
    text = visitor.opens("/release")
    assert re.findall(r'<li class="([a-z-]+)"', text) == ["done"] * 6
    assert f'<option value="{OLD.release}">' in text
    assert 'value="abort"' not in text


def test_a_damaged_newest_record_is_shown_as_such(world: World) -> None:
    path = world.store.path(world.release)
    path.write_bytes(path.read_bytes()[:200])
    visitor = Site(world.paths.root, world).person()
    text = visitor.opens("/release")
    assert "cannot be shown" in text
    assert path.name in text
    assert f"{path.stem}: damaged" in visitor.opens("/releases")


def test_of_a_thousand_releases_each_part_has_fifty_and_a_damaged_one_hides_no_other(world: World) -> None:
    world.until(Phase.PROMOTED)
    source, release = world.store.path(world.release), world.release
    for number in range(1, 1_000):
        at = release.requested_at - timedelta(hours=number)
        shutil.copy(source, source.with_name(f"{at:%Y%m%dT%H%M%S%f}_{release.id}.json"))
    keys = Store(world.paths.releases).keys()
    (world.paths.releases / f"{keys[1]}.json").write_bytes(b"{")
    visitor = Site(world.paths.root, world).person()
    first, last = visitor.opens("/releases"), visitor.opens("/releases?page=20")
    assert "1,000 releases" in first
    assert first.count(">promoted</td>") == 49
    assert first.count(": damaged</td>") == 1
    assert last.count(">promoted</td>") == 50
    assert "20 of 20" in visitor.opens("/releases?page=99")
    assert visitor.client.get("/releases?page=x").status_code == 400


def test_an_earlier_release_opens_by_its_name_and_no_other_file_does(world: World) -> None:
    world.until(Phase.PROMOTED)
    visitor = Site(world.paths.root, world).person()
    key = world.store.keys()[0]
    text = visitor.opens(f"/releases/{key}")
    assert NEW.release in text
    assert "Ask the controller" not in text
    for name in ("serving", "20260301T000000000000_none", "..%2Fserving"):
        assert visitor.client.get(f"/releases/{name}").status_code == 404


def test_hostile_text_is_only_text(world: World) -> None:
    world.say(Action.EXTEND, reason="<script>alert(1)</script>")
    world.poll()
    text = Site(world.paths.root, world).person().opens("/release")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(("ago_s", "is_there"), [(5, True), (600, False)])
def test_the_page_says_when_nobody_listens(world: World, ago_s: int, is_there: bool) -> None:
    mark = world.paths.release_inbox / "heard"
    then = world.now.timestamp() - ago_s
    os.utime(mark, (then, then))
    text = Site(world.paths.root, world).person().opens("/release")
    assert ("Nobody listens" not in text) is is_there


def test_before_any_controller_the_page_says_that_nobody_listens(tmp_path: Path) -> None:
    assert "no controller has looked" in Site(tmp_path).person().opens("/release")
