"""Users answer to lists: the better a list suits them, the more of it is watched."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auto_deployment.dataset.catalog import USERS
from auto_deployment.dataset.events import Event, Rating, Watch, render
from auto_deployment.errors import BadInputError
from auto_deployment.feedback.measures import Question, measure
from auto_deployment.simulate.arrays import DAY_US, MINUTE_US, SECOND_US
from auto_deployment.simulate.lists.appeal import Appeal, first_of
from auto_deployment.simulate.lists.audience import Audience
from auto_deployment.simulate.platform.platform import Platform
from tests.support.feedback.world import World, request, told
from tests.support.release.audience import audience, end_us, events, lived_platform, three_lists
from tests.support.release.simulation import small_params, small_platform

HOUR_US = 60 * MINUTE_US


@pytest.fixture
def watched(tmp_path: Path) -> World:
    """Each of three releases shows its lists, once to each of as many users who are alike, within an hour."""
    world = World(tmp_path)
    platform, _ = lived_platform()
    ids, begin_us = platform.movies.ids, end_us(platform)
    world.catalogue(*ids)
    told_of: list[Event] = []
    for number, (release, lists) in enumerate(three_lists().items()):
        users, first = audience(platform, watched_share=0.5), 1000 * number
        for user, row in enumerate(lists.tolist(), 1):
            time_us, shown = begin_us + user * 3 * SECOND_US, [ids[movie] for movie in row]
            time = datetime.fromtimestamp(time_us / SECOND_US, UTC)
            world.log(request(time, first + user, first + user, release=release))
            told_of.append(told(time, first + user, shown))
            users.show(time_us, user, shown)
        lines = users.due(begin_us + 12 * HOUR_US)
        told_of += [replace(one, user_id=first + one.user_id) for one in events(lines)]
    world.segment(*told_of)
    return world


def test_a_model_is_watched_more_than_popularity_and_that_more_than_chance(watched: World) -> None:
    """`docs/feedback.md` has these figures."""
    watched.collect()
    begin = datetime.fromtimestamp(end_us(lived_platform()[0]) / SECOND_US, UTC)
    watched.join(begin + timedelta(hours=13))
    few = replace(watched.params.report, bootstrap_samples=10)
    nobody = pd.DataFrame([], columns=USERS.schema.names)
    question = Question(begin - timedelta(hours=1))
    found = measure(watched.engine, watched.store, question, nobody, [], few)
    rates = {one.value: one.estimates["hit_rate"]["value"] for one in found if one.by == "release"}
    assert rates == pytest.approx({"model": 0.243, "popularity": 0.173, "chance": 0.050}, abs=0.02)


def test_so_many_popular_lists_as_the_parameters_say_are_begun_from() -> None:
    platform = small_platform()
    users = audience(platform, watched_share=0.4)
    popularity = platform.movies.log_popularity_at(0, platform.params.catalogue)
    best = [platform.movies.ids[movie] for movie in np.argsort(-popularity)[:20]]
    begun = [users.show(end_us(platform), user, best) for user in range(1, platform.params.users + 1)]
    assert abs(np.mean(begun) - 0.4) < 0.08


def test_what_stands_further_down_is_begun_less() -> None:
    chances = first_of(np.full(20, 0.3), 1.0)
    assert (np.diff(chances) < 0).all()
    assert chances[0] == pytest.approx(0.3)
    assert chances[1] == pytest.approx(0.7 * 0.3 / 2)
    assert first_of(np.full(20, 1.0 - 1e-9), 0.0).sum() == pytest.approx(1)


def test_a_place_without_a_title_is_never_begun() -> None:
    platform = small_platform()
    appeal = Appeal(platform, platform.params.lists, 0)
    chances = appeal.chances(3, np.array([-1, 5, -1, 6]))
    assert (chances[[0, 2]] == 0).all()
    assert (chances[[1, 3]] > 0).all()


def test_the_lines_are_those_of_the_platform_and_come_when_it_writes_them() -> None:
    platform = small_platform(minute_step=10)
    users, now_us = audience(platform, watched_share=0.99), end_us(platform)
    shown = [user for user in range(1, 151) if users.show(now_us, user, platform.movies.ids[:50])]
    assert users.due(now_us) == []
    lines = [line for minute in range(600) for line in users.due(now_us + minute * MINUTE_US)]
    assert [render(event) for event in events(lines)] == lines
    watches = [event for event in events(lines) if isinstance(event, Watch)]
    first = {user: next(one for one in watches if one.user_id == user) for user in shown}
    assert {one.minute for one in first.values()} == {0}
    for user in shown:
        own = [one for one in watches if one.user_id == user]
        assert {one.movie_id for one in own} == {own[0].movie_id}
        for one, other in pairwise(own):
            assert (other.time - one.time, other.minute - one.minute) == (timedelta(minutes=10), 10)
    rated = [event for event in events(lines) if isinstance(event, Rating)]
    assert 0.2 < len(rated) / len(shown) < 0.7
    assert all(first[one.user_id].movie_id == one.movie_id for one in rated)


def test_however_often_lists_are_shown_a_user_watches_one_title_and_then_rests() -> None:
    platform = small_platform()
    users, now_us = audience(platform, watched_share=0.9, rest_h=6), end_us(platform)
    ids = platform.movies.ids
    begun = Counter(
        user
        for minute in range(24 * 60)
        for user in (1, 2)
        if users.show(now_us + minute * MINUTE_US, user, ids)
    )
    assert all(1 <= begun[user] <= 4 for user in (1, 2))


def test_nobody_begins_a_title_twice_or_one_that_the_platform_has_not() -> None:
    platform = small_platform()
    users, now_us = audience(platform, watched_share=0.99, rest_h=0), end_us(platform)
    movie = platform.movies.ids[0]
    tries = [users.show(now_us + 5 * number * HOUR_US, 1, [movie]) for number in range(60)]
    assert sum(tries) == 1
    assert not any(users.show(now_us + day * HOUR_US, 2, ["no+such+title", ""]) for day in range(50))
    assert not users.show(now_us, 3, [])


@pytest.mark.parametrize("user", [0, -1, 151, 999_999_999])
def test_a_stranger_begins_nothing(user: int) -> None:
    platform = small_platform()
    users = audience(platform, watched_share=0.999)
    assert not any(users.show(end_us(platform) + step, user, platform.movies.ids) for step in range(50))


@pytest.mark.parametrize("lists", [{"watched_share": 0}, {"watched_share": 1}, {"rest_h": -1}])
def test_values_with_which_nobody_could_answer_are_refused(lists: dict[str, float]) -> None:
    params = small_params()
    with pytest.raises(BadInputError, match=next(iter(lists))):
        Platform.build(replace(params, lists=replace(params.lists, **lists)))


def test_tastes_turn_and_titles_come_out_while_lists_are_shown() -> None:
    platform = small_platform(days=60)
    users, later_us = audience(platform, watched_share=0.99), end_us(platform)
    new = int(np.argmax(platform.movies.released_us))
    assert platform.movies.released_us[new] > 30 * DAY_US
    early = Audience(platform, replace(platform.params.lists, watched_share=0.99), (1, 5), platform.start_us)
    movie = [platform.movies.ids[new]]
    assert not any(early.show(platform.start_us, user, movie) for user in range(1, 151))
    for one in (users, early):
        assert any(one.show(later_us, user, movie) for user in range(1, 151))
